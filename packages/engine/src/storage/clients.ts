/** Ends the sessions of a server's clients from outside: at once, where a session of our own would first have to be opened. */
import { SUPERUSER } from '../bootstrap/roles.sql.ts'
import type { ServerFiles } from '../files.ts'
import { type ProcessIdentity, readProcess } from '../processes.ts'
import { writtenBy } from './written.ts'

/**
 * Sends SIGTERM, which is what pg_terminate_backend does. A process of Postgres shows in its title whom it serves:
 * `postgres: CLUSTER: USER DATABASE [local] …`. Whoever runs code in it can change that; then it is not asked.
 */
export function endClients({ server, files }: { server: ProcessIdentity; files: ServerFiles }): void {
  const title = `postgres: ${files.cluster}: `
  for (const pid of writtenBy(server.pid)?.pids ?? []) {
    const args = readProcess(pid)?.args ?? ''
    const client = args.startsWith(title) ? args.slice(title.length) : ''
    if (!client.includes(' [local]') || client.startsWith(`${SUPERUSER} `)) continue
    try {
      process.kill(pid, 'SIGTERM')
    } catch {
      // It has ended.
    }
  }
}
