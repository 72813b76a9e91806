import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export interface TokenOptions {
  claims?: JWTPayload
  header?: { alg?: string; kid?: string }
  /** Signs with this key instead of the provider's own. */
  key?: CryptoKey | Uint8Array
  issuer?: string
  audience?: string | null
  /** jose's notation: `5m`, `-1m`. */
  expires?: string
}

/** An identity provider that apps would bring: an ES256 key, its JWKS on loopback, and tokens for any name. */
export interface TestIdentityProvider {
  issuer: string
  audience: string
  jwksUrl: string
  /** The public key as JWK, for attacks that misuse it. */
  publicJwk: Record<string, unknown>
  /** How often the JWKS was fetched. */
  fetches(): number
  token(subject: string, options?: TokenOptions): Promise<string>
  close(): Promise<void>
}

export async function startIdentityProvider(): Promise<TestIdentityProvider> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const publicJwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }
  let fetches = 0
  const server = createServer((_, response) => {
    fetches++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [publicJwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const audience = 'test-app'

  return {
    issuer,
    audience,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    publicJwk,
    fetches: () => fetches,
    token: (subject, { claims = {}, header = {}, key = privateKey, expires = '5m', ...named } = {}) => {
      const jwt = new SignJWT({ ...claims, sub: subject })
        .setProtectedHeader({ alg: 'ES256', kid: 'key-1', ...header })
        .setIssuer(named.issuer ?? issuer)
        .setIssuedAt()
        .setExpirationTime(expires)
      if (named.audience !== null) jwt.setAudience(named.audience ?? audience)
      return jwt.sign(key)
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
