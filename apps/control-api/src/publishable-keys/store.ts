/** The rows of publishable keys and of service keys, which are alike: the prefix of its id says what a key is. */
import type { PublishableKey } from '@db9/types'
import { type HmacKey, sha256Hex } from '@db9/types/crypto'
import { ID_PREFIX, isId, newId } from '@db9/types/ids'
import { type KeyKind, newKeyValue } from '@db9/types/keys'
import type { ExpressionBuilder, Transaction } from 'kysely'
import { ApiError, unprocessable } from '../errors.ts'
import type { PublishableKeyRow, Tables } from '../metadata/tables.ts'

/** The kinds of keys whose rows these are. */
export type StoredKind = Exclude<KeyKind, 'connectKey'>

const NAMES = { publishableKey: 'publishable key', serviceKey: 'service key' } as const satisfies Record<
  StoredKind,
  string
>

/** A condition: rows of this kind alone. */
export function isOfKind(kind: StoredKind) {
  return (eb: ExpressionBuilder<Tables, 'publishable_keys'>) => eb('id', 'like', `${ID_PREFIX[kind]}\\_%`)
}

const MAX_LIVE_KEYS = 100
const DAY_MS = 86_400_000
const MAX_DAYS = 3650

/** A new key's row without its version, and its value, which is not stored. `now` in milliseconds. */
export async function newKey(
  kind: StoredKind,
  keyMac: HmacKey,
  {
    database_id,
    name,
    policy,
    limit_group,
    expires_at,
  }: Pick<PublishableKeyRow, 'database_id' | 'name' | 'policy' | 'limit_group' | 'expires_at'>,
  now: number,
): Promise<{ row: Omit<PublishableKeyRow, 'version'>; value: string }> {
  const id = newId(kind, now)
  const value = await newKeyValue(kind, id, keyMac)
  const sha256 = await sha256Hex(value)
  const created_at = new Date(now)
  const row = { id, database_id, name, sha256, policy, limit_group, expires_at, revoked_at: null, created_at }
  return { row, value }
}

/** The database's row must be locked, so that two inserts cannot both take the last place. */
export async function insertKey(
  kind: StoredKind,
  trx: Transaction<Tables>,
  row: PublishableKeyRow,
  now: number,
): Promise<void> {
  const { live } = await trx
    .selectFrom('publishable_keys')
    .select((eb) => eb.fn.countAll<string>().as('live'))
    .where('database_id', '=', row.database_id)
    .where(isOfKind(kind))
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(now))]))
    .executeTakeFirstOrThrow()
  if (Number(live) >= MAX_LIVE_KEYS) {
    throw new ApiError(
      'unprocessable',
      `a database has at most ${MAX_LIVE_KEYS} live ${NAMES[kind]}s; revoke one first`,
    )
  }
  await trx
    .insertInto('publishable_keys')
    .values({ ...row, policy: JSON.stringify(row.policy) })
    .execute()
}

/** The key, which is not revoked, locked; 404 where the database has none of this id. */
export async function lockKey(
  kind: StoredKind,
  trx: Transaction<Tables>,
  databaseId: string,
  keyId: string,
): Promise<PublishableKeyRow> {
  const row = isId(kind, keyId)
    ? await trx
        .selectFrom('publishable_keys')
        .selectAll()
        .where('id', '=', keyId)
        .where('database_id', '=', databaseId)
        .where('revoked_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
    : undefined
  if (!row) throw new ApiError('not_found', `${NAMES[kind]} not found`)
  return row
}

/** When a key expires. 422 where `days` is out of range. */
export function parseExpiry(days: number, now: number): Date {
  if (days > 0 && days <= MAX_DAYS) return new Date(now + days * DAY_MS)
  throw unprocessable('expires_in_days', `must be more than 0, at most ${MAX_DAYS}`)
}

export function toPublishableKey(row: Omit<PublishableKeyRow, 'version'>): PublishableKey {
  return {
    id: row.id,
    name: row.name,
    ...row.policy,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
