/** Verifies the JWT of the app's own identity provider. A JWT that is not good is 401, never `anon`. */
import { QueryError } from '@db9/query'
import type { ByoJwt, TokenIssuer } from '@db9/types/internal'
import { errors as joseErrors, jwtVerify } from 'jose'
import { isForged } from '../fast/forged-token.ts'
import { refusals } from '../http/refusals.ts'
import type { Lru } from '../lru.ts'
import { acceptClaims, CLOCK_SKEW_SECONDS, type Claims } from './claims.ts'
import { findKeySet, type KeySet, type KeySetSource } from './key-sets.ts'
import { parseToken, whyNotParsed } from './token.ts'

export interface Verified {
  claims: Claims
  /** Milliseconds. After this, the token is verified again. */
  until: number
  /** Milliseconds. The token's own expiry. */
  expiresAt: number
}

export interface JwtDeps {
  keySets: KeySetSource
  verified: Lru<Verified>
}

export interface JwtIssuer {
  databaseId: string
  /** Null: the database has no identity provider. */
  config: ByoJwt | null
  /** Changes with the configuration. */
  version: number
}

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
const REMEMBER_MS = 60_000

/**
 * The claims that SQL may see, or the refusal where the token is not good. The refusal is returned, because forged tokens
 * come in floods and a rejected promise costs more than the check. `now` is in milliseconds.
 */
export async function verifyJwt(
  token: string,
  { databaseId, config, version }: JwtIssuer,
  deps: JwtDeps,
  now: number,
): Promise<Verified | QueryError> {
  if (!config) return refusals.jwtUnexpected()
  const name = nameOf(token, { databaseId, version })
  const hit = deps.verified.get(name)
  if (hit && now < hit.until) return hit
  const verified = await verifyAnew(token, { databaseId, config }, deps, now)
  if (verified instanceof QueryError) deps.verified.delete(name)
  else deps.verified.set(name, verified)
  return verified
}

/** Whether a token was verified before and has not expired since: its caller is known. */
export function wasVerified(token: string, issuer: JwtIssuer, { verified }: JwtDeps, now: number): boolean {
  const known = verified.get(nameOf(token, issuer))
  return known !== undefined && now < known.expiresAt
}

function nameOf(token: string, { databaseId, version }: Omit<JwtIssuer, 'config'>): string {
  return `${databaseId} ${version} ${token}`
}

async function verifyAnew(
  token: string,
  { databaseId, config }: { databaseId: string; config: ByoJwt },
  deps: JwtDeps,
  now: number,
): Promise<Verified | QueryError> {
  const parts = parseToken(token)
  if (!parts) return refusals.jwtInvalid(whyNotParsed(token))
  // The claim is not verified yet. A token of another issuer needs no look at the keys of this one.
  const issuer = issuerNamed(config, parts.payload.iss)
  if (!issuer)
    return refusals.jwtClaims(`iss is not an issuer of this database: expected ${issuersOf(config)}`)
  const wanted = { databaseId, url: issuer.jwks_url, kid: parts.header.kid }
  const keys = await findKeySet(deps.keySets, wanted, now)
  if ('error' in keys)
    return refusals.jwtInvalid(`The key set of the identity provider cannot be used: ${keys.error}`)
  if (parts.header.kid !== null && !keys.kids.has(parts.header.kid)) {
    return refusals.jwtInvalid(`its kid is not among those of the key set: ${kidsOf(keys)}`)
  }
  if (await isForged(parts, keys.verifiers)) return refusals.jwtInvalid()
  const payload = await verifySignature(token, keys, issuer, now)
  if (payload instanceof QueryError) return payload
  const verdict = acceptClaims(payload, issuer, now)
  if (verdict.kind === 'refused') return refusals.jwtClaims(verdict.reason)

  const { claims, expiresAt } = verdict
  return { claims, expiresAt, until: Math.min(expiresAt, now + REMEMBER_MS) }
}

/** What the owner of a database set up, for its developer to compare with. */
function issuersOf(config: ByoJwt): string {
  return [config, ...config.additional_issuers].map(({ issuer }) => issuer).join(', ')
}

/** A few are enough to see what is wrong. */
const SHOWN_KIDS = 5

function kidsOf({ kids }: KeySet): string {
  const names = [...kids].map((kid) => kid ?? '(a key without kid)')
  return names.length > SHOWN_KIDS ? `${names.slice(0, SHOWN_KIDS).join(', ')}, …` : names.join(', ')
}

/** The issuer that the token names. Only its keys and its rules apply: key sets are never merged. */
function issuerNamed(config: ByoJwt, name: unknown): TokenIssuer | undefined {
  return [config, ...config.additional_issuers].find(({ issuer }) => issuer === name)
}

async function verifySignature(
  token: string,
  keys: KeySet,
  config: TokenIssuer,
  now: number,
): Promise<Claims | QueryError> {
  try {
    const { payload } = await jwtVerify(token, keys.getKey, {
      algorithms: ALGORITHMS,
      issuer: config.issuer,
      ...(config.audience === null ? {} : { audience: config.audience }),
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_SKEW_SECONDS,
      currentDate: new Date(now),
    })
    return payload
  } catch (error) {
    if (error instanceof joseErrors.JWTExpired) return refusals.jwtExpired()
    if (error instanceof joseErrors.JWTClaimValidationFailed) {
      const expected = error.claim === 'aud' ? `: expected ${config.audience}` : ''
      return refusals.jwtClaims(`${error.claim} is missing or not accepted${expected}`)
    }
    return refusals.jwtInvalid()
  }
}
