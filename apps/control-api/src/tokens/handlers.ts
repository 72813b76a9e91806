import { randomBytes } from 'node:crypto'
import type { ROUTES, Token } from '@db9/types'
import { sha256Hex } from '@db9/types/crypto'
import { isId, newId } from '@db9/types/ids'
import type { Transaction } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import type { Caller } from '../auth/caller.ts'
import { lockAccount } from '../databases/quota.ts'
import { ApiError, unprocessable } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { Tables, TokenRow, TokenScope } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { parseTokenScope } from './scope.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 365
const MAX_DAYS = 3650
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

/** Stores a new token's hash; the value is in what is returned and nowhere else. */
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

export const createToken: Handler<typeof ROUTES.createToken> = async (services, call) => {
  const { caller, body, request, remember } = call
  const days = body.expires_in_days ?? DEFAULT_DAYS
  if (days < 1 || days > MAX_DAYS) throw unprocessable('expires_in_days', `must be from 1 to ${MAX_DAYS}`)
  const scope = body.scope_json === undefined ? null : parseTokenScope(body.scope_json)
  if (scope) await requireOwnDatabases(services, caller, scope)

  return services.db.transaction().execute(async (trx) => {
    const name = body.name ?? 'api-token'
    const expiresAt = new Date(request.now + days * DAY_MS)
    await requireTokenRoom(trx, caller, request.now)
    const token = await insertToken(trx, {
      customerId: caller.customerId,
      kind: 'api',
      name,
      scope,
      expiresAt,
      now: request.now,
    })
    await insertAudit(trx, caller, request, { operation: 'create', resource: 'token', id: token.id, name })
    return remember(trx, {
      status: 201,
      body: {
        id: token.id,
        name,
        token: token.value,
        scope_json: scope && JSON.stringify(scope),
        expires_at: expiresAt.toISOString(),
        created_at: token.createdAt.toISOString(),
      },
    })
  })
}

/**
 * 422 where the account has as many live tokens as it may. Of those that are revoked or expired the newest are kept, so that
 * tokens that come and go do not fill the metadata. The account's row stays locked, so two requests cannot take one place.
 */
async function requireTokenRoom(
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

/** Of an account that renews its token again and again the newest sessions stay. */
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
async function requireOwnDatabases({ db }: Services, caller: Caller, scope: TokenScope): Promise<void> {
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

export const listTokens: Handler<typeof ROUTES.listTokens> = async ({ db }, { caller, query, request }) => {
  const rows = await db
    .selectFrom('tokens')
    .selectAll()
    .where('customer_id', '=', caller.customerId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(request.now))]))
    .where('id', '>', query.cursor ?? '')
    .orderBy('id')
    .limit(rowsOf(query))
    .execute()
  return toPage(rows, query, toToken)
}

function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    scope_json: row.scope && JSON.stringify(row.scope),
    expires_at: row.expires_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}

export const revokeToken: Handler<typeof ROUTES.revokeToken> = async (
  { db, tokenUses },
  { caller, params, request },
) => {
  if (!isId('token', params.token_id)) throw new ApiError('not_found', 'token not found')
  await db.transaction().execute(async (trx) => {
    const revoked = await trx
      .updateTable('tokens')
      .set({ revoked_at: new Date(request.now) })
      .where('id', '=', params.token_id)
      .where('customer_id', '=', caller.customerId)
      .where('revoked_at', 'is', null)
      .returning(['id', 'name'])
      .executeTakeFirst()
    if (!revoked) throw new ApiError('not_found', 'token not found')
    await insertAudit(trx, caller, request, { operation: 'delete', resource: 'token', ...revoked })
  })
  tokenUses.revoke(params.token_id)
  return { status: 200, body: { message: 'Token revoked' } }
}
