import pg from 'pg'
import { SUPERUSER } from './bootstrap/roles.sql.ts'
import { PORT } from './server.ts'

/**
 * Settings of the startup packet, which no `ALTER DATABASE … SET` or `ALTER ROLE … SET` of a tenant overrides. Without
 * the search_path a tenant's own function could run in the place of one of Postgres' (and as superuser).
 */
const PINNED = [
  'search_path=pg_catalog,pg_temp',
  'role=none',
  'statement_timeout=30000',
  'lock_timeout=10000',
  'default_transaction_read_only=off',
  'default_transaction_isolation=read\\ committed',
  'row_security=off',
  'local_preload_libraries=',
  'client_min_messages=warning',
]
  .map((setting) => `-c ${setting}`)
  .join(' ')

/** Runs `work` in a session of the superuser: catalogs and lifecycle only, never a tenant's statement. */
export async function asSuperuser<T>(
  socketFolder: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: socketFolder,
    port: PORT,
    user: SUPERUSER,
    database: 'postgres',
    options: PINNED,
    application_name: 'db9',
    connectionTimeoutMillis: 15_000,
  })
  client.on('error', () => {
    // The server ended; whoever awaits a query learns it there.
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
