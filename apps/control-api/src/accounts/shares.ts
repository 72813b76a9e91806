/** How many databases of anonymous accounts may run at once. */
import type { Share } from '@db9/engine'
import type { Kysely } from 'kysely'
import type { CustomerRow, Tables } from '../metadata/tables.ts'

/** The parts of `maxRunning`, at least one database: of one anonymous account, and of all of them together. */
const OF_ONE_ACCOUNT = 1 / 4
const OF_ANONYMOUS = 3 / 4

/** The shares that an account's databases count against, where `maxRunning` may run. The owner's count against none. */
export function sharesOf({ id, kind }: Pick<CustomerRow, 'id' | 'kind'>, maxRunning: number): Share[] {
  if (kind === 'owner') return []
  const part = (of: number) => Math.max(1, Math.floor(maxRunning * of))
  return [
    { name: id, most: part(OF_ONE_ACCOUNT) },
    { name: 'anonymous', most: part(OF_ANONYMOUS) },
  ]
}

/** The shares of a database; none where no account has it, and while the metadata is unavailable. */
export async function sharesOfDatabase(
  db: Kysely<Tables>,
  databaseId: string,
  maxRunning: number,
): Promise<Share[]> {
  const owner = await db
    .selectFrom('databases')
    .innerJoin('customers', 'customers.id', 'databases.customer_id')
    .select(['customers.id', 'customers.kind'])
    .where('databases.id', '=', databaseId)
    .executeTakeFirst()
    .catch(() => undefined)
  return owner ? sharesOf(owner, maxRunning) : []
}
