/** An OpenID Connect provider on loopback: its key set over HTTP, and id_tokens for any subject. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { IdentityProvider } from '../identity/provider.ts'

export interface OidcProvider {
  /** As `DB9_OIDC_PROVIDERS` lists it. */
  row: IdentityProvider
  /** Requests for the key set so far. */
  fetches: () => number
  /** What the key set is answered with from now on; null: as it is. */
  answerWith(reply: { status: number; body: string } | null): void
  /** Signed with ES256, unless `key` and `alg` say otherwise. */
  idToken(claims?: JWTPayload, options?: IdTokenOptions): Promise<string>
  close(): Promise<void>
}

export interface IdTokenOptions {
  key?: CryptoKey | Uint8Array
  alg?: string
  kid?: string
  /** jose's notation. */
  expires?: string | null
}

let subjects = 0

export async function startOidcProvider(changes: Partial<IdentityProvider> = {}): Promise<OidcProvider> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = JSON.stringify({
    keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }],
  })
  let fetches = 0
  let other: { status: number; body: string } | null = null
  const server = createServer((_, response) => {
    fetches += 1
    response.writeHead(other?.status ?? 200, { 'content-type': 'application/json' }).end(other?.body ?? keys)
  })
  const issuer = `http://127.0.0.1:${await listen(server)}`
  const row: IdentityProvider = {
    issuer,
    audience: ['client-1'],
    jwks_url: `${issuer}/keys`,
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    sign_up: false,
    ...changes,
  }
  return {
    row,
    fetches: () => fetches,
    answerWith: (reply) => {
      other = reply
    },
    idToken: (claims = {}, { key = privateKey, alg = 'ES256', kid = 'k1', expires = '10m' } = {}) => {
      subjects += 1
      const payload = {
        iss: issuer,
        aud: 'client-1',
        sub: `user-${subjects}`,
        email_verified: true,
        ...claims,
      }
      const jwt = new SignJWT({ email: `${payload.sub}@example.com`, ...payload }).setIssuedAt(claims.iat)
      if (expires !== null) jwt.setExpirationTime(expires)
      return jwt.setProtectedHeader({ alg, kid }).sign(key)
    },
    close: () => new Promise((done) => server.close(() => done())),
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}
