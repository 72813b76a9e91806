/** Ends sessions of clients, as the superuser: they may hold every connection that others could end them by. */
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser } from './superuser.ts'

const LIMIT_MS = 5_000

/** By the pids of their backends. Of the service's own sessions none ends. */
export async function endSessions(server: ServerAccess, backends: readonly number[]): Promise<void> {
  await asSuperuser(server, 'template1', (client) =>
    client.query(
      `select pg_terminate_backend(a.pid, ${LIMIT_MS}) from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
       where a.pid = any($1::int4[]) and not r.rolsuper`,
      [backends],
    ),
  )
}
