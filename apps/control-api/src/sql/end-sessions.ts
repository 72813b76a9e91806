/** Ends the sessions of a database's owner. */
import type { RunningDatabase } from '@db9/engine'
import { inSession } from './session.ts'

const LIMIT_MS = 10_000

/** Ends the sessions that are logged in as admin. It runs as admin, who needs no more rights for that. */
export async function endAdminSessions(database: RunningDatabase, adminUser: string): Promise<void> {
  const text = `
    select pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity
     where usename operator(pg_catalog.=) any (array['${adminUser}', 'db9_admin']::pg_catalog.name[]) and pid operator(pg_catalog.<>) pg_catalog.pg_backend_pid()`
  const options = { readOnly: false, isOurs: true, statementTimeoutMs: LIMIT_MS, maxRows: 1, maxBytes: 1024 }
  const session = { ...database, ...options }
  await inSession(session, { signal: AbortSignal.timeout(LIMIT_MS) }, ({ client }) => client.query(text))
}
