/** The rows of accounts. */
import type { Transaction } from 'kysely'
import { ApiError } from '../errors.ts'
import type { CustomerRow, Tables } from '../metadata/tables.ts'

/**
 * The account as it is now; locked, so that two requests cannot take one place. 401 where it was deleted since the request
 * was authenticated.
 */
export async function lockAccount(trx: Transaction<Tables>, customerId: string): Promise<CustomerRow> {
  const account = await trx
    .selectFrom('customers')
    .selectAll()
    .where('id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  if (account.status === 'active') return account
  throw new ApiError('unauthorized', 'the account was deleted')
}
