import type { NewAuthConfig, ROUTES } from '@db9/types'
import type { ByoJwt } from '@db9/types/internal'
import { requireActive } from '../databases/find.ts'
import { raiseVersion } from '../databases/versions.ts'
import { unprocessable } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { insertAudit } from '../metadata/audit.ts'
import { parseJwksUrl } from './jwks-url.ts'

const AUTH_MODE = 'byo_jwt'
const CLAIMS_BYTES = { min: 256, max: 16_384, default: 4096 }
const MAX_CLAIMS = 100

export const getAuthConfig: Handler<typeof ROUTES.getAuthConfig> = async ({ db }, { database }) => {
  const row = await db
    .selectFrom('auth_configs')
    .selectAll()
    .where('database_id', '=', database.id)
    .executeTakeFirst()
  return {
    status: 200,
    body: {
      auth_mode: row?.auth_mode ?? AUTH_MODE,
      byo_jwt: row?.byo_jwt ?? null,
      created_at: row?.created_at.toISOString() ?? null,
      updated_at: row?.updated_at.toISOString() ?? null,
    },
  }
}

export const putAuthConfig: Handler<typeof ROUTES.putAuthConfig> = async (services, call) => {
  const { caller, database, body, request } = call
  const byoJwt = parseAuthConfig(body, { allowLocal: services.config.allowLocalJwks })
  requireActive(database)
  const now = new Date(request.now)
  const stored = { byo_jwt: byoJwt && JSON.stringify(byoJwt), updated_at: now }

  const createdAt = await services.db.transaction().execute(async (trx) => {
    await raiseVersion(trx, database.id)
    const { created_at } = await trx
      .insertInto('auth_configs')
      .values({ database_id: database.id, auth_mode: AUTH_MODE, created_at: now, ...stored })
      .onConflict((conflict) => conflict.column('database_id').doUpdateSet(stored))
      .returning('created_at')
      .executeTakeFirstOrThrow()
    const action = {
      operation: 'update',
      resource: 'auth_config',
      id: database.id,
      databaseId: database.id,
    } as const
    await insertAudit(trx, caller, request, action)
    return created_at
  })
  await services.announcer.announce(database.id)
  return {
    status: 200,
    body: {
      auth_mode: AUTH_MODE,
      byo_jwt: byoJwt,
      created_at: createdAt.toISOString(),
      updated_at: now.toISOString(),
      warnings: byoJwt ? warningsOf(byoJwt) : [],
    },
  }
}

/** The configuration that a PUT states, or null where it removes it. Throws 422. */
export function parseAuthConfig(body: NewAuthConfig, { allowLocal }: { allowLocal: boolean }): ByoJwt | null {
  if (body.auth_mode !== undefined && body.auth_mode !== AUTH_MODE) {
    throw unprocessable('auth_mode', `must be "${AUTH_MODE}"`)
  }
  if (body.byo_jwt === null) return null
  const { jwks_url, issuer, audience, subject_claim, claims_allowlist, claims_max_bytes } = body.byo_jwt ?? {}
  if (jwks_url === undefined) throw unprocessable('byo_jwt.jwks_url', 'is required')
  if (issuer === undefined) throw unprocessable('byo_jwt.issuer', 'is required')
  if (audience === undefined) {
    throw unprocessable('byo_jwt.audience', 'is required: a string, or null where aud must not be checked')
  }
  const bytes = claims_max_bytes ?? CLAIMS_BYTES.default
  if (bytes < CLAIMS_BYTES.min || bytes > CLAIMS_BYTES.max) {
    throw unprocessable('byo_jwt.claims_max_bytes', `must be from ${CLAIMS_BYTES.min} to ${CLAIMS_BYTES.max}`)
  }
  return {
    jwks_url: parseJwksUrl(jwks_url, { allowLocal }),
    issuer: parseText(issuer, 'byo_jwt.issuer'),
    audience: audience === null ? null : parseText(audience, 'byo_jwt.audience'),
    subject_claim: parseText(subject_claim ?? 'sub', 'byo_jwt.subject_claim'),
    claims_allowlist: parseClaims(claims_allowlist ?? []),
    claims_max_bytes: bytes,
  }
}

function parseClaims(names: string[]): string[] {
  if (names.length > MAX_CLAIMS)
    throw unprocessable('byo_jwt.claims_allowlist', `must have at most ${MAX_CLAIMS} names`)
  return [...new Set(names.map((name, i) => parseText(name, `byo_jwt.claims_allowlist.${i}`)))]
}

function parseText(text: string, field: string): string {
  if (text === '' || text.length > 512 || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw unprocessable(field, 'must be 1 to 512 characters, none of them control characters')
  }
  return text
}

function warningsOf(byoJwt: ByoJwt): string[] {
  if (byoJwt.audience !== null) return []
  return ['audience is null: every token of this issuer is accepted, those made for other applications too']
}
