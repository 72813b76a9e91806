/** GET and PUT of the auth config: which identity providers a database trusts. */
import type { ROUTES } from '@db9/types'
import type { ByoJwt } from '@db9/types/internal'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { requireActive } from '../databases/store.ts'
import { raiseVersion } from '../databases/versions.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { InvalidationOutbox } from '../invalidation/outbox.ts'
import type { Tables } from '../metadata/tables.ts'
import { AUTH_MODE, parseAuthConfig, withDefaults } from './parse.ts'

export interface AuthConfigDeps {
  db: Kysely<Tables>
  outbox: Pick<InvalidationOutbox, 'send'>
  /** Allows http and loopback JWKS URLs. */
  allowLocalJwks: boolean
}

const getAuthConfig: Handler<typeof ROUTES.getAuthConfig, AuthConfigDeps> = async ({ db }, { database }) => {
  const row = await db
    .selectFrom('auth_configs')
    .selectAll()
    .where('database_id', '=', database.id)
    .executeTakeFirst()
  return {
    status: 200,
    body: {
      auth_mode: row?.auth_mode ?? AUTH_MODE,
      sync_users: row?.sync_users ?? false,
      byo_jwt: row?.byo_jwt ? withDefaults(row.byo_jwt) : null,
      created_at: row?.created_at.toISOString() ?? null,
      updated_at: row?.updated_at.toISOString() ?? null,
    },
  }
}

const putAuthConfig: Handler<typeof ROUTES.putAuthConfig, AuthConfigDeps> = async (deps, call) => {
  const { caller, database, body, request } = call
  const byoJwt = parseAuthConfig(body, { allowLocal: deps.allowLocalJwks })
  requireActive(database)
  const now = new Date(request.now)
  const sync_users = body.sync_users ?? false
  const stored = { byo_jwt: byoJwt && JSON.stringify(byoJwt), sync_users, updated_at: now }

  const createdAt = await deps.db.transaction().execute(async (trx) => {
    await raiseVersion(trx, database.id)
    const { created_at } = await trx
      .insertInto('auth_configs')
      .values({ database_id: database.id, auth_mode: AUTH_MODE, created_at: now, ...stored })
      .onConflict((conflict) => conflict.column('database_id').doUpdateSet(stored))
      .returning('created_at')
      .executeTakeFirstOrThrow()
    await auditDatabase(trx, { caller, request }, 'update', { id: database.id }, 'auth_config')
    return created_at
  })
  await deps.outbox.send(database.id)
  return {
    status: 200,
    body: {
      auth_mode: AUTH_MODE,
      sync_users,
      byo_jwt: byoJwt,
      created_at: createdAt.toISOString(),
      updated_at: now.toISOString(),
      warnings: byoJwt ? warningsOf(byoJwt) : [],
    },
  }
}

function warningsOf(byoJwt: ByoJwt): string[] {
  return [byoJwt, ...byoJwt.additional_issuers]
    .filter(({ audience }) => audience === null)
    .map(
      ({ issuer }) =>
        `audience is null: every token of ${issuer} is accepted, those made for other applications too`,
    )
}

export function authConfigHandlers(deps: AuthConfigDeps) {
  return bind(deps, { getAuthConfig, putAuthConfig })
}
