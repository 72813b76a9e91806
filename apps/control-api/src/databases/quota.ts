/** Limits on what is made: databases of an account, room on the disk, names, and copies that run at once. */
import type { DatabaseEngine } from '@db9/engine'
import type { Transaction } from 'kysely'
import { lockAccount } from '../accounts/store.ts'
import type { Caller } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { Tables } from '../metadata/tables.ts'
import { LIVE_STATES } from './store.ts'

/** Branches and restores of an account that run at once: each takes a disk for itself. */
const MOST_COPIES = 2

/** Databases that count against the account's limit. */
export async function liveCount(trx: Transaction<Tables>, customerId: string): Promise<number> {
  const { live } = await trx
    .selectFrom('databases')
    .select((eb) => eb.fn.countAll<string>().as('live'))
    .where('customer_id', '=', customerId)
    .where('state', 'in', LIVE_STATES)
    .executeTakeFirstOrThrow()
  return Number(live)
}

/** 403 at the account's limit; the account's row stays locked. */
export async function requireRoom(trx: Transaction<Tables>, { customerId }: Caller): Promise<void> {
  const { kind, database_limit: limit } = await lockAccount(trx, customerId)
  if (limit === null || (await liveCount(trx, customerId)) < limit) return
  throw new ApiError('quota_exceeded', `${kind} account limit (${limit} databases)`)
}

/** 503 while the volume is below its reserve: what is left is for the databases that exist. */
export async function requireVolume(engine: Pick<DatabaseEngine, 'volume'>): Promise<void> {
  const { freeBytes, reserveBytes } = await engine.volume()
  if (freeBytes >= reserveBytes) return
  const message =
    'the disk of this installation is nearly full, and no database is made until there is room again'
  throw new ApiError('unavailable', message, { retryAfter: 60 })
}

/** 409 with the id of the database that has the name. The account's row is locked, so none can take it meanwhile. */
export async function requireFreeName(
  trx: Transaction<Tables>,
  { customerId }: Caller,
  name: string,
): Promise<void> {
  const existing = await trx
    .selectFrom('databases')
    .select('id')
    .where('customer_id', '=', customerId)
    .where('name', '=', name)
    .where('state', 'in', LIVE_STATES)
    .executeTakeFirst()
  if (!existing) return
  throw new ApiError('name_taken', 'Database name already exists', { fields: { existing_id: existing.id } })
}

/** 429 where as many copies run as may. The account's row must be locked, so that two cannot take one place. */
export async function requireCopySlot(trx: Transaction<Tables>, { customerId }: Caller): Promise<void> {
  const { running } = await trx
    .selectFrom('operations')
    .select((eb) => eb.fn.countAll<string>().as('running'))
    .where('customer_id', '=', customerId)
    .where('kind', 'in', ['branch', 'restore'])
    .where('status', '=', 'running')
    .executeTakeFirstOrThrow()
  if (Number(running) < MOST_COPIES) return
  const message = `${MOST_COPIES} branches or restores are under way; wait for one to end`
  throw new ApiError('rate_limited', message, { retryAfter: 5 })
}
