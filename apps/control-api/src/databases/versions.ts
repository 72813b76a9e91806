/** Changes rows of databases and raises the versions by which the gateway learns of a change. */
import type { ExpressionBuilder, Transaction, Updateable } from 'kysely'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'

/**
 * Changes a database's row, as of `now` in milliseconds, and raises its version. The caller sends the outbox after the commit where
 * the gateway has to know at once; else the outbox does within a second or so.
 */
export function updateDatabaseRow(
  trx: Transaction<Tables>,
  databaseId: string,
  change: Updateable<Tables['databases']>,
  now: number,
): Promise<DatabaseRow> {
  return trx
    .updateTable('databases')
    .set((eb) => ({ ...change, updated_at: new Date(now), ...nextShared(eb) }))
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
    .set((eb) => ({ ...change, ...nextShared(eb) }))
    .where('id', '=', databaseId)
    .execute()
}

/** Raises the version for a change of one key, and returns it for the key's row. Locks as `raiseVersion` does. */
export async function raiseKeyVersion(trx: Transaction<Tables>, databaseId: string): Promise<string> {
  const { config_version } = await trx
    .updateTable('databases')
    .set(nextVersion)
    .where('id', '=', databaseId)
    .returning('config_version')
    .executeTakeFirstOrThrow()
  return config_version
}

function nextVersion(eb: ExpressionBuilder<Tables, 'databases'>) {
  return { config_version: eb('config_version', '+', '1') }
}

/** Of a change that concerns all keys: both versions rise. */
function nextShared(eb: ExpressionBuilder<Tables, 'databases'>) {
  const { config_version } = nextVersion(eb)
  return { config_version, shared_version: config_version }
}
