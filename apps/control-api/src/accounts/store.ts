/** The rows of accounts. */
import type { Transaction } from 'kysely'
import type { Tables } from '../metadata/tables.ts'

/** The account's limit of live databases, null for none. Locks its row, so that two requests cannot take one place. */
export async function lockAccount(trx: Transaction<Tables>, customerId: string): Promise<number | null> {
  const { database_limit } = await trx
    .selectFrom('customers')
    .select('database_limit')
    .where('id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  return database_limit
}
