/** Ends the sessions of a database's owner. */
import { EngineError, type RunningDatabase } from '@db9/engine'
import type { TextQuery } from './text-query.ts'
import type { SqlWorkers } from './workers.ts'

const LIMIT_MS = 10_000
const MOST_BYTES = 64 * 1024
/** Shares a thread with no account. */
const ACCOUNT = 'the service'

/** Ours log in as db9_admin. */
const END_SQL = `
  select count(pg_terminate_backend(pid)) from pg_stat_activity
   where usename in ($1::name, 'db9_admin') and pid <> pg_backend_pid()`

/**
 * Ends the sessions that are logged in as admin. It runs as admin, who needs no more rights for that, in a thread: what a server
 * answers may be anything. Rejects with `unavailable` where it does not do it.
 */
export async function endAdminSessions(
  workers: Pick<SqlWorkers, 'run'>,
  { address, database, logins }: Pick<RunningDatabase, 'address' | 'database' | 'logins'>,
  adminUser: string,
): Promise<void> {
  const query: TextQuery = { text: END_SQL, params: [adminUser] }
  const options = {
    as: 'admin' as const,
    ...{ address, database, logins, readOnly: false, isOurs: true },
    ...{ statementTimeoutMs: LIMIT_MS, maxRows: 1, maxBytes: MOST_BYTES },
  }
  const outcome = await workers.run(
    { task: { kind: 'ours', queries: [query] }, options, account: ACCOUNT, accountBytes: MOST_BYTES * 16 },
    AbortSignal.timeout(LIMIT_MS),
  )
  if (outcome.kind === 'reply') return
  throw new EngineError('unavailable', 'the sessions of admin could not be ended', {
    cause: new Error(JSON.stringify(outcome)),
  })
}
