/** Purges deleted databases: at the end of their grace period, over the limit of an account, and for room on the disk. */
import type { DatabaseEngine } from '@db9/engine'
import type { Transaction } from 'kysely'
import { hasNoJob } from '../jobs/store.ts'
import type { DatabaseRow, JobRow, Tables } from '../metadata/tables.ts'
import { type BeginDeps, beginAndRun, beginJob, MOST_AT_ONCE } from '../operations/begin.ts'
import { lockDatabase } from './store.ts'

type Doomed = Pick<DatabaseRow, 'id' | 'customer_id'>

export interface PurgeDeps extends BeginDeps {
  engine: Pick<DatabaseEngine, 'volume'>
  /** Milliseconds since the epoch. */
  clock: () => number
}

const MB = 2 ** 20

/** Deleted databases whose grace period is over. */
export async function purgeDue(deps: PurgeDeps): Promise<void> {
  const due = await deletedOnes(deps)
    .where('purge_at', '<=', new Date(deps.clock()))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const database of due) await purge(deps, database, null)
}

/** The oldest deleted databases of accounts (or of one account) that have more of them than are kept. */
export async function purgeOverLimit(deps: PurgeDeps, customerId?: string): Promise<void> {
  const ranked = deps.db
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
  const over = await deps.db
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .whereRef('place', '>', 'deleted_limit')
    .orderBy('place', 'desc')
    .limit(MOST_AT_ONCE)
    .execute()
  for (const { deleted_limit, ...database } of over) {
    await purge(
      deps,
      database,
      `the account may keep ${deleted_limit} deleted databases, and the oldest goes first`,
    )
  }
}

/** A deleted database whose owner wants it gone. */
export function purgeAsked(deps: PurgeDeps, { id, customer_id }: Doomed): Promise<void> {
  return purge(deps, { id, customer_id }, 'its owner asked for it')
}

/** While the volume is below its reserve: the databases that were deleted first, of all accounts. */
export async function purgeForRoom(deps: PurgeDeps): Promise<void> {
  for (let count = 0; count < MOST_AT_ONCE; count++) {
    const { freeBytes, reserveBytes } = await deps.engine.volume()
    if (freeBytes >= reserveBytes) return
    const oldest = await deletedOnes(deps).orderBy('deleted_at').orderBy('id').limit(1).executeTakeFirst()
    if (!oldest) return
    const reason = `the disk had less than its reserve of ${Math.round(reserveBytes / MB)} MB left`
    await purge(deps, oldest, reason)
  }
}

/** Databases that can be recovered, but for those that a job changes. */
function deletedOnes({ db }: PurgeDeps) {
  return db
    .selectFrom('databases')
    .select(['id', 'customer_id'])
    .where('state', '=', 'DISABLED')
    .where('purged_at', 'is', null)
    .where(hasNoJob('databases'))
}

async function purge(deps: PurgeDeps, { id, customer_id }: Doomed, early: string | null): Promise<void> {
  if (early !== null) deps.log.info({ database_id: id, reason: early }, 'a deleted database is purged early')
  await beginAndRun(deps, (trx) => insertPurge(trx, deps, { id, customer_id, early }))
}

async function insertPurge(
  trx: Transaction<Tables>,
  deps: PurgeDeps,
  { id, customer_id, early }: Doomed & { early: string | null },
): Promise<JobRow | null> {
  const { state, purged_at } = await lockDatabase(trx, id)
  if (state !== 'DISABLED' || purged_at !== null) return null
  const asked = { kind: 'purge', customerId: customer_id, databaseId: id, now: deps.clock() } as const
  return beginJob(trx, deps.jobs, { ...asked, input: { early } })
}
