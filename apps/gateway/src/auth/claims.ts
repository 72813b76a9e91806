/** Checks the claims of a verified JWT, and picks those that SQL may see. */
import type { TokenIssuer } from '@db9/types/internal'

/** Clocks of identity providers differ from ours by this much at most. */
export const CLOCK_SKEW_SECONDS = 30
const MAX_FUTURE_IAT_SECONDS = 60
const MAX_LIFETIME_SECONDS = 24 * 60 * 60
const MAX_SUBJECT_LENGTH = 255
const STANDARD = ['iss', 'aud', 'exp', 'iat'] as const

/** A NUL, or half of a surrogate pair, as `JSON.stringify` writes them; before it stands an even number of backslashes. */
const NO_TEXT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

export type Claims = Record<string, unknown>

export type ClaimsVerdict =
  | { kind: 'accepted'; claims: Claims; expiresAt: number }
  | { kind: 'refused'; reason: string }

/**
 * The signature, issuer and audience of `payload` were verified before. `expiresAt` and `nowMs` are in milliseconds. The
 * claim `role` is never passed on: the identity provider does not choose the role that SQL runs as.
 */
export function acceptClaims(payload: Claims, config: TokenIssuer, nowMs: number): ClaimsVerdict {
  const refused = (reason: string): ClaimsVerdict => ({ kind: 'refused', reason })
  const { exp, iat } = payload
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return refused('exp must be a number')
  const nowSeconds = nowMs / 1000
  if (iat !== undefined) {
    if (typeof iat !== 'number' || !Number.isFinite(iat)) return refused('iat must be a number')
    if (iat > nowSeconds + MAX_FUTURE_IAT_SECONDS) return refused('iat lies in the future')
  }
  if (exp - (typeof iat === 'number' ? iat : nowSeconds) > MAX_LIFETIME_SECONDS) {
    return refused('the JWT is good for more than 24 hours')
  }
  if (
    config.min_issued_at !== null &&
    (typeof iat !== 'number' || iat * 1000 < Date.parse(config.min_issued_at))
  ) {
    return refused('the JWT was issued before the least time that the database accepts')
  }
  const subject = Object.hasOwn(payload, config.subject_claim) ? payload[config.subject_claim] : undefined
  if (
    typeof subject !== 'string' ||
    subject === '' ||
    subject.length > MAX_SUBJECT_LENGTH ||
    subject.includes('\0')
  ) {
    return refused(`${config.subject_claim} must be a string of 1 to ${MAX_SUBJECT_LENGTH} characters`)
  }
  const claims = pickClaims(payload, subject, config.claims_allowlist)
  const text = JSON.stringify(claims)
  if (new TextEncoder().encode(text).length > config.claims_max_bytes) {
    return refused(`the claims are larger than ${config.claims_max_bytes} bytes`)
  }
  if (NO_TEXT.test(text)) return refused('a claim holds a character that Postgres has no text for')
  return { kind: 'accepted', claims, expiresAt: exp * 1000 }
}

function pickClaims(payload: Claims, subject: string, allowlist: readonly string[]): Claims {
  const isAll = allowlist.length === 0 || allowlist.includes('*')
  const names = isAll ? Object.keys(payload) : [...STANDARD, ...allowlist]
  const entries = names
    .filter((name) => name !== 'role' && name !== 'sub' && Object.hasOwn(payload, name))
    .map((name): [string, unknown] => [name, payload[name]])
  // Object.fromEntries defines properties, so a claim named __proto__ stays a claim.
  return Object.fromEntries([['sub', subject], ...entries])
}
