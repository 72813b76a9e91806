/** Ends the sessions of a server's clients from outside: at once, where a session of our own would first have to be opened. */

import { type ProcessIdentity, readProcess } from '@db9/process/processes'
import { SUPERUSER } from '../cluster/bootstrap/roles.sql.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { pidsOf, serverProcesses, signalAll } from './written.ts'

/**
 * Sends SIGTERM, which is what pg_terminate_backend does. A process of Postgres shows in its title whom it serves:
 * `postgres: CLUSTER: USER DATABASE [local] …`. Code that runs in the process can change that; then the process is passed over.
 */
export function endClients({ server, files }: { server: ProcessIdentity; files: ServerFiles }): void {
  const title = `postgres: ${files.cluster}: `
  const clients = pidsOf(serverProcesses(server, files)).filter((pid) => {
    const args = readProcess(pid)?.args ?? ''
    const client = args.startsWith(title) ? args.slice(title.length) : ''
    return client.includes(' [local]') && !client.startsWith(`${SUPERUSER} `)
  })
  signalAll(clients, 'SIGTERM')
}
