import type { Transaction } from 'kysely'
import { insertOperation, isLeftAlone } from '../jobs/store.ts'
import { beginAndRun, MOST_AT_ONCE } from '../maintenance/begin.ts'
import type { DatabaseRow, OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { lockDatabase } from './store.ts'

type Doomed = Pick<DatabaseRow, 'id' | 'customer_id'>

const MB = 2 ** 20

/** Deleted databases whose grace period is over. */
export async function purgeDue(services: Services): Promise<void> {
  const due = await deletedOnes(services)
    .where('purge_at', '<=', new Date(services.clock()))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const database of due) await purge(services, database, null)
}

/** Of accounts (of one, where it is named) with more deleted databases than are kept for them, the oldest beyond that. */
export async function purgeOverLimit(services: Services, customerId?: string): Promise<void> {
  const ranked = services.db
    .selectFrom('databases as d')
    .innerJoin('customers as c', 'c.id', 'd.customer_id')
    .select(['d.id', 'd.customer_id', 'c.deleted_limit'])
    .select((eb) =>
      eb.fn
        .agg<string>('row_number')
        .over((over) =>
          over.partitionBy('d.customer_id').orderBy('d.deleted_at', 'desc').orderBy('d.id', 'desc'),
        )
        .as('place'),
    )
    .where('d.state', '=', 'DISABLED')
    .where('d.purged_at', 'is', null)
    .where('c.deleted_limit', 'is not', null)
    .$if(customerId !== undefined, (query) => query.where('d.customer_id', '=', String(customerId)))
  const over = await services.db
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .whereRef('place', '>', 'deleted_limit')
    .orderBy('place', 'desc')
    .limit(MOST_AT_ONCE)
    .execute()
  for (const { deleted_limit, ...database } of over) {
    await purge(
      services,
      database,
      `the account may keep ${deleted_limit} deleted databases, and the oldest goes first`,
    )
  }
}

/** While the volume is below its reserve: the one that was deleted first, whoever's it is. */
export async function purgeForRoom(services: Services): Promise<void> {
  for (let count = 0; count < MOST_AT_ONCE; count++) {
    const { freeBytes, reserveBytes } = await services.engine.volume()
    if (freeBytes >= reserveBytes) return
    const oldest = await deletedOnes(services).orderBy('deleted_at').orderBy('id').limit(1).executeTakeFirst()
    if (!oldest) return
    const reason = `the disk had less than its reserve of ${Math.round(reserveBytes / MB)} MB left`
    await purge(services, oldest, reason)
  }
}

/** Those that can be recovered, but for any that an operation is at. */
function deletedOnes({ db }: Services) {
  return db
    .selectFrom('databases')
    .select(['id', 'customer_id'])
    .where('state', '=', 'DISABLED')
    .where('purged_at', 'is', null)
    .where(isLeftAlone('databases'))
}

async function purge(services: Services, { id, customer_id }: Doomed, early: string | null): Promise<void> {
  if (early !== null)
    services.log.info({ database_id: id, reason: early }, 'a deleted database is purged early')
  await beginAndRun(services, (trx) => insertPurge(trx, services, { id, customer_id, early }))
}

async function insertPurge(
  trx: Transaction<Tables>,
  services: Services,
  { id, customer_id, early }: Doomed & { early: string | null },
): Promise<OperationRow | null> {
  const { state, purged_at } = await lockDatabase(trx, id)
  if (state !== 'DISABLED' || purged_at !== null) return null
  const asked = { kind: 'purge', customerId: customer_id, databaseId: id, now: services.clock() } as const
  return insertOperation(trx, services, { ...asked, input: { early } })
}
