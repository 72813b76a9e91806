import type { StorageState } from '@db9/types/internal'
import type { Client } from 'pg'

const USED_SQL = `
  select (select coalesce(sum(pg_database_size(oid)), 0) from pg_database)::float8
       + (select coalesce(sum(size), 0) from pg_ls_waldir())::float8
       + (select coalesce(sum(size), 0) from pg_ls_tmpdir())::float8 as bytes`

export async function readUsedBytes(client: Client): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(USED_SQL)
  return rows[0]?.bytes ?? 0
}

/** Of every session that is not the proxy's or ours; only the owner may say READ WRITE against it. */
const SETTING = 'default_transaction_read_only'

/** Makes the server agree with its state. Nothing is written where it does already. */
export async function applyStorageState(client: Client, state: StorageState): Promise<void> {
  const { rowCount } = await client.query('select from pg_file_settings where name = $1 and setting = $2', [
    SETTING,
    'on',
  ])
  if ((rowCount !== 0) !== (state !== 'ok')) {
    await client.query(state === 'ok' ? `alter system reset ${SETTING}` : `alter system set ${SETTING} = on`)
    await client.query('select pg_reload_conf()')
  }
  if (state === 'admin_only') await client.query(END_OTHERS_SQL)
}

/** Sessions of whoever is neither the owner nor the superuser (oid 10). */
const END_OTHERS_SQL = `
  select pg_terminate_backend(pid) from pg_stat_activity
   where backend_type = 'client backend' and usesysid <> 10 and usename <> 'admin'`
