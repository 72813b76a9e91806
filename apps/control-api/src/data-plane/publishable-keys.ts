import type { PublishableKey, ROUTES } from '@db9/types'
import { sha256Hex } from '@db9/types/crypto'
import { isId, newId } from '@db9/types/ids'
import { newKeyValue } from '@db9/types/keys'
import type { Transaction } from 'kysely'
import { requireActive } from '../databases/find.ts'
import { notifyChange, raiseVersion } from '../databases/versions.ts'
import { ApiError, unprocessable } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { insertAudit } from '../metadata/audit.ts'
import type { PublishableKeyRow, Tables } from '../metadata/tables.ts'
import { parseKeyPolicy } from './key-policy.ts'

export const MAX_LIVE_KEYS = 100
const DAY_MS = 86_400_000
const MAX_DAYS = 3650

export const createPublishableKey: Handler<typeof ROUTES.createPublishableKey> = async (services, call) => {
  const { caller, database, body, request, remember } = call
  const policy = parseKeyPolicy(body)
  const expiresAt = parseExpiry(body.expires_in_days, request.now)
  requireActive(database)
  const id = newId('publishableKey', request.now)
  const value = await newKeyValue('publishableKey', id, services.keyMac)
  const sha256 = await sha256Hex(value)

  const reply = await services.db.transaction().execute(async (trx) => {
    // Raising the version locks the database's row, so that two creates cannot both take the last place.
    await raiseVersion(trx, database.id)
    await requireRoom(trx, database.id, request.now)
    const row: PublishableKeyRow = {
      id,
      database_id: database.id,
      name: body.name ?? 'publishable-key',
      sha256,
      policy,
      expires_at: expiresAt,
      revoked_at: null,
      created_at: new Date(request.now),
    }
    await trx
      .insertInto('publishable_keys')
      .values({ ...row, policy: JSON.stringify(policy) })
      .execute()
    const action = {
      operation: 'create',
      resource: 'publishable_key',
      id,
      name: row.name,
      databaseId: database.id,
    } as const
    await insertAudit(trx, caller, request, action)
    return remember(trx, { status: 201, body: { ...toPublishableKey(row), publishable_key: value } } as const)
  })
  await notifyChange(services, database.id)
  return reply
}

function parseExpiry(days: number | undefined, now: number): Date | null {
  if (days === undefined) return null
  if (days <= 0 || days > MAX_DAYS)
    throw unprocessable('expires_in_days', `must be more than 0, at most ${MAX_DAYS}`)
  return new Date(now + days * DAY_MS)
}

async function requireRoom(trx: Transaction<Tables>, databaseId: string, now: number): Promise<void> {
  const { live } = await trx
    .selectFrom('publishable_keys')
    .select((eb) => eb.fn.countAll<string>().as('live'))
    .where('database_id', '=', databaseId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(now))]))
    .executeTakeFirstOrThrow()
  if (Number(live) < MAX_LIVE_KEYS) return
  throw new ApiError(
    'unprocessable',
    `a database has at most ${MAX_LIVE_KEYS} live publishable keys; revoke one first`,
  )
}

export const listPublishableKeys: Handler<typeof ROUTES.listPublishableKeys> = async (
  { db },
  { database },
) => {
  const rows = await db
    .selectFrom('publishable_keys')
    .selectAll()
    .where('database_id', '=', database.id)
    .where('revoked_at', 'is', null)
    .orderBy('id')
    .execute()
  return { status: 200, body: rows.map(toPublishableKey) }
}

export const revokePublishableKey: Handler<typeof ROUTES.revokePublishableKey> = async (services, call) => {
  const { caller, database, params, request } = call
  if (!isId('publishableKey', params.key_id)) throw new ApiError('not_found', 'publishable key not found')
  await services.db.transaction().execute(async (trx) => {
    await raiseVersion(trx, database.id)
    const revoked = await trx
      .updateTable('publishable_keys')
      .set({ revoked_at: new Date(request.now) })
      .where('id', '=', params.key_id)
      .where('database_id', '=', database.id)
      .where('revoked_at', 'is', null)
      .returning(['id', 'name'])
      .executeTakeFirst()
    if (!revoked) throw new ApiError('not_found', 'publishable key not found')
    const action = {
      operation: 'delete',
      resource: 'publishable_key',
      databaseId: database.id,
      ...revoked,
    } as const
    await insertAudit(trx, caller, request, action)
  })
  await notifyChange(services, database.id, [params.key_id])
  return { status: 200, body: { message: 'Publishable key revoked' } }
}

function toPublishableKey(row: PublishableKeyRow): PublishableKey {
  return {
    id: row.id,
    name: row.name,
    ...row.policy,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
