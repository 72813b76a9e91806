/** The job that moves databases of an anonymous account to another account. */
import type { Adopted } from '@db9/types'
import type { Transaction } from 'kysely'
import { lockAnonymous } from '../accounts/anonymous.ts'
import { lockAccount } from '../accounts/store.ts'
import { auditDatabase } from '../audit/audit.ts'
import { liveCount } from '../databases/quota.ts'
import { LIVE_STATES } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import type { JobDefinition } from '../jobs/definition.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'

export interface AdoptInput {
  /** The account that gives. */
  fromCustomerId: string
  databaseIds: string[]
  tokenId: string
  address: string
  requestId: string
}

export interface AdoptJobDeps {
  /** Milliseconds since the epoch. */
  clock: () => number
}

/** The job has no step: the transaction that ends it does all of it. */
export function defineAdopt({ clock }: AdoptJobDeps): JobDefinition<AdoptInput, Record<string, never>> {
  return {
    deadlineMs: 10 * 60_000,
    steps: [],
    undo: async () => {},
    async done(trx, { job, input }) {
      const customerId = job.customer_id
      const now = clock()
      const limit = await lockBoth(trx, customerId, input.fromCustomerId)
      const { movable, skipped } = await sortOut(trx, customerId, input)
      if (limit !== null && (await liveCount(trx, customerId)) + movable.length > limit) {
        throw new ApiError('quota_exceeded', `the databases do not fit: the account may hold ${limit}`)
      }
      for (const { id, name } of movable) {
        const change = { customer_id: customerId, updated_at: new Date(now) }
        await trx.updateTable('databases').set(change).where('id', '=', id).execute()
        await moveRecords(trx, id, customerId)
        const caller = { customerId, tokenId: input.tokenId }
        const request = { id: input.requestId, address: input.address, now }
        await auditDatabase(trx, { caller, request }, 'adopt', { id, name })
      }
      const transferred = movable.map(({ id }) => id)
      const body: Adopted = { transferred, skipped, total_transferred: transferred.length }
      return { created: false, body }
    },
    async failed() {},
  }
}

/** The limit of the account that takes. Two accounts that take from each other are locked in one order. */
async function lockBoth(trx: Transaction<Tables>, to: string, from: string): Promise<number | null> {
  if (from < to) await lockAnonymous(trx, from)
  const { database_limit } = await lockAccount(trx, to)
  if (from > to) await lockAnonymous(trx, from)
  return database_limit
}

/** Moves backups, restores and jobs of the database: its new account reads them, and the earlier one does not. */
async function moveRecords(trx: Transaction<Tables>, id: string, customerId: string): Promise<void> {
  const change = { customer_id: customerId }
  await trx.updateTable('backups').set(change).where('database_id', '=', id).execute()
  await trx.updateTable('restores').set(change).where('target_database_id', '=', id).execute()
  await trx
    .updateTable('operations')
    .set(change)
    // A backup names it as its source alone; a branch of it is a database of its own.
    .where((eb) =>
      eb.or([eb('database_id', '=', id), eb.and([eb('database_id', 'is', null), eb('source_id', '=', id)])]),
    )
    .execute()
}

/** What can be moved, in the order of the request, and why the rest cannot. Locks the rows. */
async function sortOut(
  trx: Transaction<Tables>,
  customerId: string,
  { fromCustomerId, databaseIds }: AdoptInput,
) {
  const rows = await trx
    .selectFrom('databases')
    .selectAll()
    .where('id', 'in', databaseIds)
    .where('customer_id', '=', fromCustomerId)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  const busy = await trx
    .selectFrom('operations')
    .select(['database_id', 'source_id'])
    .where('status', '=', 'running')
    .where((eb) => eb.or([eb('database_id', 'in', databaseIds), eb('source_id', 'in', databaseIds)]))
    .execute()
  const busyIds = new Set(busy.flatMap((row) => [row.database_id, row.source_id]))
  const own = await trx
    .selectFrom('databases')
    .select('name')
    .where('customer_id', '=', customerId)
    .where('state', 'in', LIVE_STATES)
    .execute()
  const ownNames = new Set(own.map(({ name }) => name))
  const byId = new Map(rows.map((row) => [row.id, row]))

  const movable: DatabaseRow[] = []
  const skipped: Adopted['skipped'] = []
  for (const id of new Set(databaseIds)) {
    const row = byId.get(id)
    if (!row) skipped.push({ id, reason: 'not a database of the anonymous account' })
    else if (row.state !== 'ACTIVE') skipped.push({ id, reason: `the database is ${row.state}` })
    else if (busyIds.has(id)) skipped.push({ id, reason: 'an operation is running on the database' })
    else if (ownNames.has(row.name)) skipped.push({ id, reason: `the name "${row.name}" is taken` })
    else movable.push(row)
  }
  return { movable, skipped }
}
