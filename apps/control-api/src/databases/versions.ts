import type { Transaction, Updateable } from 'kysely'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

/** Changes a database's row, as of `now` in milliseconds, and raises its version. */
export function changeDatabase(
  trx: Transaction<Tables>,
  databaseId: string,
  change: Updateable<Tables['databases']>,
  now: number,
): Promise<DatabaseRow> {
  return trx
    .updateTable('databases')
    .set((eb) => ({ ...change, updated_at: new Date(now), config_version: eb('config_version', '+', '1') }))
    .where('id', '=', databaseId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Raises the version that every key configuration of the database carries, in the transaction of the change. It locks
 * the database's row, so of two changes the later commit has the higher version.
 */
export async function raiseVersion(
  trx: Transaction<Tables>,
  databaseId: string,
  change: Updateable<Tables['databases']> = {},
): Promise<void> {
  await trx
    .updateTable('databases')
    .set((eb) => ({ ...change, config_version: eb('config_version', '+', '1') }))
    .where('id', '=', databaseId)
    .execute()
}

/** After the commit: tells the gateway to read the database's keys again. */
export async function notifyChange(
  { db, notifier }: Services,
  databaseId: string,
  changedKeyIds: string[] = [],
): Promise<void> {
  const live = await db
    .selectFrom('publishable_keys')
    .select('id')
    .where('database_id', '=', databaseId)
    .where('revoked_at', 'is', null)
    .execute()
  notifier.notify({
    database_id: databaseId,
    key_ids: [...new Set([...live.map((row) => row.id), ...changedKeyIds])],
  })
}
