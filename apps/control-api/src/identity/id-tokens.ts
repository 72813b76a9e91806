/** Verifies the id_tokens by which people prove who they are. */

import { createRemoteJWKSet, customFetch, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { parseJwksUrl } from '../auth-config/jwks-url.ts'
import { ApiError } from '../errors.ts'
import { isStorable } from '../http/storable-text.ts'
import { guardedFetch } from './guarded-fetch.ts'
import type { IdentityProvider } from './provider.ts'

/** Who a provider says that somebody is. Issuer and subject name an identity; the address may change. */
export interface Identity {
  issuer: string
  subject: string
  /** Verified by the provider. */
  email: string
}

export interface VerifiedIdentity extends Identity {
  /** Whether the identity may have a new account by signing in. */
  maySignUp: boolean
}

const MAX_TOKEN_LENGTH = 8 * 1024
const MAX_SUBJECT = 255
const MAX_EMAIL = 320
const CLOCK_SKEW_SECONDS = 30
/** Providers give id_tokens minutes to ten hours. */
const MAX_AGE_SECONDS = 24 * 3_600
const JWKS = { timeoutDuration: 3_000, cooldownDuration: 30_000, cacheMaxAge: 10 * 60_000 }

type KeySet = ReturnType<typeof createRemoteJWKSet>

/** The configured providers. Their key sets are fetched when they are needed, and kept for ten minutes. */
export class IdTokens {
  readonly providers: readonly IdentityProvider[]
  readonly #keySets: Map<string, KeySet>

  /** Throws an `ApiError` that names the provider whose `jwks_url` may not be fetched. */
  constructor(providers: readonly IdentityProvider[], { allowLocal }: { allowLocal: boolean }) {
    this.providers = providers
    this.#keySets = new Map(
      providers.map(({ issuer, jwks_url }) => {
        const url = parseJwksUrl(jwks_url, { field: `jwks_url of ${issuer}`, allowLocal })
        const options = {
          ...JWKS,
          [customFetch]: (address: string, init: { signal: AbortSignal; headers: Headers }) =>
            guardedFetch(address, { ...init, allowLocal }),
        }
        return [issuer, createRemoteJWKSet(new URL(url), options)]
      }),
    )
  }

  /** 401 where the token proves nothing, saying why; 503 where its provider's keys cannot be had. `now` in milliseconds. */
  async verify(token: string, now: number): Promise<VerifiedIdentity> {
    if (this.providers.length === 0) {
      const message = 'no identity provider is set up here: the operator lists them in DB9_OIDC_PROVIDERS'
      throw new ApiError('unprocessable', message)
    }
    const provider = this.#providerOf(token)
    const claims = await this.#verifySignature(token, provider, now)
    return { ...identityOf(claims, provider), maySignUp: provider.sign_up }
  }

  /** By the issuer that the token claims, which its signature proves later. */
  #providerOf(token: string): IdentityProvider {
    if (token.length > MAX_TOKEN_LENGTH) throw refused(`is longer than ${MAX_TOKEN_LENGTH} characters`)
    let issuer: unknown
    try {
      issuer = decodeJwt(token).iss
    } catch {
      throw refused('is not a JWT')
    }
    const provider = this.providers.find((each) => each.issuer === issuer)
    if (provider) return provider
    throw refused(`iss is none of ${this.providers.map((each) => each.issuer).join(', ')}`)
  }

  async #verifySignature(token: string, provider: IdentityProvider, now: number): Promise<JWTPayload> {
    const keySet = this.#keySets.get(provider.issuer) as KeySet
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: provider.algorithms,
        issuer: provider.issuer,
        audience: provider.audience,
        requiredClaims: ['exp', 'iat', 'sub'],
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: new Date(now),
      })
      return payload
    } catch (error) {
      throw toRefusal(error, provider)
    }
  }
}

/** What is wrong with the token; 503 for what is wrong with the provider. */
function toRefusal(error: unknown, { issuer, audience }: IdentityProvider): ApiError {
  if (error instanceof errors.JWTExpired) return refused('has expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const expected = error.claim === 'aud' ? `: expected ${audience.join(' or ')}` : ''
    return refused(`${error.claim} is missing or not accepted${expected}`)
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('alg is not one that this provider may use')
  const isOfToken =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  if (isOfToken) return refused('its signature is not one of the provider’s')
  return new ApiError('unavailable', `the keys of ${issuer} cannot be fetched; try again`, {
    cause: error,
    retryAfter: 5,
  })
}

function identityOf(claims: JWTPayload, { issuer, audience }: IdentityProvider): Identity {
  const { sub, aud, azp, email, email_verified, exp } = claims
  // JSON may hold a number that never comes.
  if (!Number.isFinite(exp)) throw refused('exp is not a moment')
  // OpenID Connect Core 3.1.3.7: a token for several parties says which of them asked for it.
  if (Array.isArray(aud) && aud.length > 1 && !audience.includes(String(azp))) {
    throw refused(`azp is missing or not accepted: expected ${audience.join(' or ')}`)
  }
  if (!isText(sub, MAX_SUBJECT)) throw refused('sub is missing or not accepted')
  // Some providers write it as text.
  if (email_verified !== true && email_verified !== 'true')
    throw refused('email_verified is not true: confirm your address with the provider first')
  if (!isText(email, MAX_EMAIL)) throw refused('email is missing or not accepted')
  return { issuer, subject: sub, email }
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= most && isStorable(value)
}

function refused(problem: string): ApiError {
  return new ApiError('unauthorized', `id_token: ${problem}`)
}
