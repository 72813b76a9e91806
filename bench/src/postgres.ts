/** The way to a database's own Postgres, past gateway and proxy: where the peers read the same rows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WireTarget } from './wire.ts'

/**
 * The unix socket of a running database. Its folder is open to the user that runs Postgres and to root alone, so the
 * bench must be run by whoever runs the stack. Throws where the database sleeps.
 */
export function findPostgres(dataFolder: string, databaseId: string, role: string): WireTarget {
  // postmaster.pid: pid, data directory, start, port, socket folder, address, shared memory, status; one a line.
  const pidFile = readFileSync(join(dataFolder, databaseId, 'data/postmaster.pid'), 'utf8')
  const [, , , port, socketFolder] = pidFile.split('\n')
  if (!port || !socketFolder) throw new Error(`the Postgres of ${databaseId} has no unix socket`)
  return { socketPath: join(socketFolder, `.s.PGSQL.${port}`), user: role, database: 'postgres' }
}
