/** The rules of an auth config. */
import type { NewAuthConfig } from '@db9/types'
import type { ByoJwt, TokenIssuer } from '@db9/types/internal'
import { unprocessable } from '../errors.ts'
import { parseJwksUrl } from './jwks-url.ts'

export const AUTH_MODE = 'byo_jwt'
const CLAIMS_BYTES = { min: 256, max: 16_384, default: 4096 }
const MAX_CLAIMS = 100

/** Adds the fields that an earlier release did not store. */
export function withDefaults(stored: ByoJwt): ByoJwt {
  const known = (issuer: TokenIssuer) => ({ ...issuer, min_issued_at: issuer.min_issued_at ?? null })
  return { ...known(stored), additional_issuers: (stored.additional_issuers ?? []).map(known) }
}

/** The configuration that a PUT states, or null where it removes it. Throws 422. */
export function parseAuthConfig(body: NewAuthConfig, { allowLocal }: { allowLocal: boolean }): ByoJwt | null {
  if (body.auth_mode !== undefined && body.auth_mode !== AUTH_MODE) {
    throw unprocessable('auth_mode', `must be "${AUTH_MODE}"`)
  }
  if (body.byo_jwt === null) return null
  const { additional_issuers: additional = [], ...first } = body.byo_jwt ?? {}
  const byoJwt = {
    ...parseIssuer(first, 'byo_jwt', { allowLocal }),
    additional_issuers: additional.map((issuer, i) =>
      parseIssuer(issuer, `byo_jwt.additional_issuers.${i}`, { allowLocal }),
    ),
  }
  const names = [byoJwt, ...byoJwt.additional_issuers].map(({ issuer }) => issuer)
  const again = names.findIndex((name, i) => names.indexOf(name) < i)
  if (again > 0) throw unprocessable(`byo_jwt.additional_issuers.${again - 1}.issuer`, 'is named twice')
  return byoJwt
}

type NewIssuer = Omit<NonNullable<NewAuthConfig['byo_jwt']>, 'additional_issuers'>

function parseIssuer(body: NewIssuer, field: string, { allowLocal }: { allowLocal: boolean }): TokenIssuer {
  const { jwks_url, issuer, audience, subject_claim, claims_allowlist, claims_max_bytes, min_issued_at } =
    body
  if (jwks_url === undefined) throw unprocessable(`${field}.jwks_url`, 'is required')
  if (issuer === undefined) throw unprocessable(`${field}.issuer`, 'is required')
  if (audience === undefined) {
    throw unprocessable(`${field}.audience`, 'is required: a string, or null where aud must not be checked')
  }
  const bytes = claims_max_bytes ?? CLAIMS_BYTES.default
  if (bytes < CLAIMS_BYTES.min || bytes > CLAIMS_BYTES.max) {
    throw unprocessable(
      `${field}.claims_max_bytes`,
      `must be from ${CLAIMS_BYTES.min} to ${CLAIMS_BYTES.max}`,
    )
  }
  return {
    jwks_url: parseJwksUrl(jwks_url, { field: `${field}.jwks_url`, allowLocal }),
    issuer: parseText(issuer, `${field}.issuer`),
    audience: audience === null ? null : parseText(audience, `${field}.audience`),
    subject_claim: parseText(subject_claim ?? 'sub', `${field}.subject_claim`),
    claims_allowlist: parseClaims(claims_allowlist ?? [], `${field}.claims_allowlist`),
    claims_max_bytes: bytes,
    min_issued_at: min_issued_at ? parseMoment(min_issued_at, `${field}.min_issued_at`) : null,
  }
}

/** RFC 3339, as UTC. */
function parseMoment(text: string, field: string): string {
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text)
  if (!isMoment || Number.isNaN(Date.parse(text))) throw unprocessable(field, 'must be an RFC 3339 time')
  return new Date(text).toISOString()
}

function parseClaims(names: string[], field: string): string[] {
  if (names.length > MAX_CLAIMS) throw unprocessable(field, `must have at most ${MAX_CLAIMS} names`)
  return [...new Set(names.map((name, i) => parseText(name, `${field}.${i}`)))]
}

function parseText(text: string, field: string): string {
  if (text === '' || text.length > 512 || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw unprocessable(field, 'must be 1 to 512 characters, none of them control characters')
  }
  return text
}
