import type { Transaction, Updateable } from 'kysely'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'

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
