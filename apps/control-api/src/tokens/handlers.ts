/** The routes of API tokens. */
import type { ROUTES, Token } from '@db9/types'
import { isId } from '@db9/types/ids'
import type { Kysely } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { Tables, TokenRow } from '../metadata/tables.ts'
import { parseTokenScope } from './scope.ts'
import { insertToken, requireOwnDatabases, requireTokenRoom } from './store.ts'

export interface TokenDeps {
  db: Kysely<Tables>
  tokenUses: TokenUses
}

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 365
const MAX_DAYS = 3650

const createToken: Handler<typeof ROUTES.createToken, TokenDeps> = async ({ db }, call) => {
  const { caller, body, request, remember } = call
  const days = body.expires_in_days ?? DEFAULT_DAYS
  if (days < 1 || days > MAX_DAYS) throw unprocessable('expires_in_days', `must be from 1 to ${MAX_DAYS}`)
  const scope = body.scope_json === undefined ? null : parseTokenScope(body.scope_json)
  if (scope) await requireOwnDatabases(db, caller, scope)

  return db.transaction().execute(async (trx) => {
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

const listTokens: Handler<typeof ROUTES.listTokens, TokenDeps> = async (
  { db },
  { caller, query, request },
) => {
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

const revokeToken: Handler<typeof ROUTES.revokeToken, TokenDeps> = async (
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

export function tokenHandlers(deps: TokenDeps) {
  return bind(deps, { createToken, listTokens, revokeToken })
}
