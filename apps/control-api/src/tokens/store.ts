/** The rows of API tokens. */
import { randomBytes } from 'node:crypto'
import { sha256Hex } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import type { Kysely, Transaction } from 'kysely'
import { lockAccount } from '../accounts/store.ts'
import type { Caller } from '../auth/caller.ts'
import { ApiError, unprocessable } from '../errors.ts'
import type { Tables, TokenRow, TokenScope } from '../metadata/tables.ts'

const MAX_LIVE_TOKENS = 200
const MAX_DEAD_TOKENS = 200
const MAX_SESSIONS = 100

export interface TokenSpec {
  customerId: string
  kind: TokenRow['kind']
  name: string
  scope: TokenScope | null
  expiresAt: Date | null
  /** Milliseconds since the epoch. */
  now: number
}

/** Stores the hash of a new token. The value is returned and stored nowhere. */
export async function insertToken(
  trx: Transaction<Tables>,
  spec: TokenSpec,
): Promise<{ id: string; value: string; createdAt: Date }> {
  const id = newId('token', spec.now)
  const value = randomBytes(64).toString('hex')
  const createdAt = new Date(spec.now)
  await trx
    .insertInto('tokens')
    .values({
      id,
      customer_id: spec.customerId,
      kind: spec.kind,
      name: spec.name,
      sha256: await sha256Hex(value),
      scope: spec.scope && JSON.stringify(spec.scope),
      expires_at: spec.expiresAt,
      created_at: createdAt,
    })
    .execute()
  return { id, value, createdAt }
}

/**
 * 422 where the account has as many live tokens as it may. Removes revoked and expired tokens but for the newest, so that
 * they do not fill the metadata. The account's row stays locked, so two requests cannot take one place.
 */
export async function requireTokenRoom(
  trx: Transaction<Tables>,
  { customerId }: Caller,
  now: number,
): Promise<void> {
  await lockAccount(trx, customerId)
  const rows = await trx
    .selectFrom('tokens')
    .select(['id', 'revoked_at', 'expires_at'])
    .where('customer_id', '=', customerId)
    .where('kind', '=', 'api')
    .orderBy('id', 'desc')
    .execute()
  const isLive = ({ revoked_at, expires_at }: (typeof rows)[number]) =>
    revoked_at === null && (expires_at === null || expires_at.getTime() > now)
  if (rows.filter(isLive).length >= MAX_LIVE_TOKENS)
    throw new ApiError(
      'unprocessable',
      `an account has at most ${MAX_LIVE_TOKENS} live tokens; revoke one first`,
    )
  const forgotten = rows.filter((row) => !isLive(row)).slice(MAX_DEAD_TOKENS)
  if (forgotten.length === 0) return
  await trx
    .deleteFrom('tokens')
    .where(
      'id',
      'in',
      forgotten.map(({ id }) => id),
    )
    .execute()
}

/** Revokes all live tokens of an account, or those of one kind. Returns their ids: what runs under them has to end. */
export async function revokeTokens(
  trx: Transaction<Tables>,
  customerId: string,
  now: number,
  kind?: TokenRow['kind'],
): Promise<string[]> {
  const revoked = await trx
    .updateTable('tokens')
    .set({ revoked_at: new Date(now) })
    .where('customer_id', '=', customerId)
    .where('revoked_at', 'is', null)
    .$if(kind !== undefined, (update) => update.where('kind', '=', kind as TokenRow['kind']))
    .returning('id')
    .execute()
  return revoked.map(({ id }) => id)
}

/** Removes the sessions of an account but for the newest. */
export async function forgetOldSessions(trx: Transaction<Tables>, customerId: string): Promise<void> {
  await trx
    .deleteFrom('tokens')
    .where('customer_id', '=', customerId)
    .where('kind', '=', 'session')
    .where('id', '<=', (eb) =>
      eb
        .selectFrom('tokens')
        .select('id')
        .where('customer_id', '=', customerId)
        .where('kind', '=', 'session')
        .orderBy('id', 'desc')
        .offset(MAX_SESSIONS)
        .limit(1),
    )
    .execute()
}

/** 422 where a scope names a database that the account does not have. */
export async function requireOwnDatabases(
  db: Kysely<Tables>,
  caller: Caller,
  scope: TokenScope,
): Promise<void> {
  const ids = scope.databases.map((entry) => entry.id)
  const own = await db
    .selectFrom('databases')
    .select('id')
    .where('customer_id', '=', caller.customerId)
    .where('id', 'in', ids)
    .execute()
  for (const [i, id] of ids.entries()) {
    if (own.some((row) => row.id === id)) continue
    throw unprocessable(`scope_json.databases.${i}.id`, 'no such database in this account')
  }
}
