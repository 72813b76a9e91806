/** Reads what the sessions of a server do. */
import type { Client } from 'pg'

/** What a server's sessions are at. */
export interface Activity {
  /** A statement or a transaction that is in use is open, a replica reads, or the service itself is at work in it. */
  isBusy: boolean
  /** Milliseconds since a session last did something; `Infinity` where there is none. */
  idleMs: number
}

/**
 * Asked as superuser (oid 10), whose other sessions are the service's: a backup, a start. LISTEN leaves no trace that
 * another session could read; the data proxy knows who listens.
 */
const ACTIVITY_SQL = `
  select coalesce(bool_or((state is distinct from 'idle' and not only_waits)
                          or backend_type = 'walsender' or usesysid = 10), false) as busy,
         min(idle_ms) as idle_ms
    from (select *, state like 'idle in transaction%' and idle_ms >= $1 as only_waits
            from (select *, extract(epoch from clock_timestamp() - state_change)::float8 * 1000 as idle_ms
                    from pg_stat_activity
                   where pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')) session) session`

/**
 * What the sessions are at now.
 *
 * @param transactionMs a transaction in which nothing was said for so many milliseconds is not in use
 */
export async function readActivity(client: Client, transactionMs: number): Promise<Activity> {
  const { rows } = await client.query<{ busy: boolean; idle_ms: number | null }>(ACTIVITY_SQL, [
    transactionMs,
  ])
  const [row] = rows
  return { isBusy: row?.busy ?? true, idleMs: row?.idle_ms ?? Number.POSITIVE_INFINITY }
}
