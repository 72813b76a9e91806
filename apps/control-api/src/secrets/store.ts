/** The rows of secrets. */
import type { Selectable, Transaction } from 'kysely'
import type { AssociatedData } from '../encryption.ts'
import { ApiError } from '../errors.ts'
import type { Tables } from '../metadata/tables.ts'

export type SecretRow = Selectable<Tables['secrets']>

/** Where the value of a secret is sealed for. */
export function placeOfSecret(databaseId: string, name: string): AssociatedData {
  return { table: 'secrets', column: 'value', id: `${databaseId}.${name}` }
}

/** The secret, locked; 404 where the database has none of this name. */
export async function lockSecret(
  trx: Transaction<Tables>,
  databaseId: string,
  name: string,
): Promise<SecretRow> {
  const row = await trx
    .selectFrom('secrets')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'secret not found')
  return row
}
