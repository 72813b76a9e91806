import { prepareDatabase } from './bootstrap/apply.ts'
import type { RunningServer } from './server.ts'
import { asSuperuser, sqlStateOf } from './superuser.ts'

const INVALID_CATALOG_NAME = '3D000'
const OBJECT_NOT_IN_PREREQUISITE_STATE = '55000'

/**
 * Our schemas brought up to date. The owner can close, rename or drop `postgres` from another database: closed it is
 * opened again; gone it stays, so that the owner can still reach the others and put it right.
 */
export async function prepare(server: RunningServer): Promise<void> {
  const attempt = () => asSuperuser(server.socketFolder, 'postgres', prepareDatabase)
  try {
    await attempt()
  } catch (error) {
    const sqlState = sqlStateOf(error)
    if (sqlState === INVALID_CATALOG_NAME) return
    if (sqlState !== OBJECT_NOT_IN_PREREQUISITE_STATE) throw error
    await asSuperuser(server.socketFolder, 'template1', (client) =>
      client.query('alter database postgres with allow_connections true'),
    )
    await attempt()
  }
}
