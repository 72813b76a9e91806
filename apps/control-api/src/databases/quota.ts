import type { DatabaseEngine } from '@db9/engine'
import type { Transaction } from 'kysely'
import type { Caller } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { Tables } from '../metadata/tables.ts'
import { LIVE_STATES } from './store.ts'

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
  const limit = await lockAccount(trx, customerId)
  if (limit === null || (await liveCount(trx, customerId)) < limit) return
  throw new ApiError('quota_exceeded', `anonymous account limit (${limit} databases)`)
}

/** 503 while the volume is below its reserve: what is left is for the databases that there are. */
export async function requireVolume(engine: DatabaseEngine): Promise<void> {
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

/** 403 where the account has as many backups as it may. */
export async function requireBackupRoom(trx: Transaction<Tables>, { customerId }: Caller): Promise<void> {
  const { backup_limit: limit } = await trx
    .selectFrom('customers')
    .select('backup_limit')
    .where('id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  if (limit === null) return
  const { kept } = await trx
    .selectFrom('backups')
    .select((eb) => eb.fn.countAll<string>().as('kept'))
    .where('customer_id', '=', customerId)
    .where('state', 'in', ['creating', 'ready'])
    .executeTakeFirstOrThrow()
  if (Number(kept) >= limit) throw new ApiError('quota_exceeded', `account limit (${limit} backups)`)
}
