/** The way to a database's own Postgres, past gateway and proxy: where the peers read the same rows. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loginsIn } from '@db9/engine'
import type { WireTarget } from './wire.ts'

/** The service's own role through which callers of the data plane arrive. */
export const CALLER = 'authenticator'

/**
 * The unix socket of a running database. Its folder is open to the user that runs Postgres and to the user that runs the stack,
 * so the bench must be run by the latter. Throws where the database sleeps.
 */
export function findPostgres(
  dataFolder: string,
  databaseId: string,
  login: { user: string; password: string },
): WireTarget {
  const name = databaseId.slice(databaseId.indexOf('_') + 1)
  const folders = ['s', join('run', 's')].map((path) => join(dirname(dataFolder), path, name))
  const socketPath = folders.map((folder) => join(folder, '.s.PGSQL.5432')).find(existsSync)
  if (!socketPath) throw new Error(`the Postgres of ${databaseId} has no unix socket beside ${dataFolder}`)
  return { socketPath, ...login, database: 'postgres' }
}

/** The password of one of the service's own roles, from the installation's secrets. */
export function passwordOf(dataFolder: string, databaseId: string, role: string): string {
  const secrets = readFileSync(join(dirname(dataFolder), 'secrets.toml'), 'utf8')
  const loginKey = /^logins = "([0-9a-f]{64})"$/m.exec(secrets)?.[1] ?? ''
  return loginsIn(join(dataFolder, databaseId), loginKey).password(role)
}
