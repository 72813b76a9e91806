/** An identity provider on loopback: an ES256 key, its key set over HTTP, and tokens of every kind. */
import type { ByoJwt } from '@db9/types/internal'
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload } from 'jose'
import { listen, type TestPart } from './parts.ts'

export interface TestIssuer extends TestPart {
  issuer: string
  jwksUrl: string
  publicJwk: JWK
  privateKey: CryptoKey
  /** What the key set's URL answers. */
  reply: { status: number; headers?: Record<string, string>; body: string; delayMs?: number; drip?: boolean }
  fetches: number
  token(options?: TokenOptions): Promise<string>
  /** The configuration of a database that trusts this provider. */
  config: ByoJwt
}

export interface TokenOptions {
  claims?: JWTPayload
  header?: { alg?: string; kid?: string; [name: string]: unknown }
  key?: CryptoKey | Uint8Array
  /** Claims to leave out. */
  without?: string[]
}

export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const publicJwk: JWK = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }
  const part = await listen(async (_, __, response) => {
    state.fetches++
    const { status, headers = {}, body, delayMs = 0, drip = false } = state.reply
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    if (!drip) {
      response.end(body)
      return
    }
    const timer = setInterval(() => response.write(' '), 100)
    response.once('close', () => clearInterval(timer))
  })
  const issuer = `http://127.0.0.1:${part.port}`
  const jwksUrl = `${issuer}/jwks.json`
  const state: TestIssuer = {
    ...part,
    issuer,
    jwksUrl,
    publicJwk,
    privateKey,
    reply: { status: 200, body: JSON.stringify({ keys: [publicJwk] }) },
    fetches: 0,
    token({ claims = {}, header = {}, key = privateKey, without = [] } = {}) {
      const now = Math.floor(Date.now() / 1000)
      const all: JWTPayload = { sub: 'ada', iss: issuer, aud: 'app', iat: now, exp: now + 300, ...claims }
      const kept = Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)))
      // JSON has no Infinity, but a number that reads as one.
      const text = JSON.stringify(kept, (_, value) =>
        value === Number.POSITIVE_INFINITY ? 'infinite' : value,
      )
      const payload = new TextEncoder().encode(text.replace('"infinite"', '1e400'))
      return new CompactSign(payload).setProtectedHeader({ alg: 'ES256', kid: 'key-1', ...header }).sign(key)
    },
    config: {
      jwks_url: jwksUrl,
      issuer,
      audience: 'app',
      subject_claim: 'sub',
      claims_allowlist: ['email'],
      claims_max_bytes: 4096,
      min_issued_at: null,
      additional_issuers: [],
    },
  }
  return state
}

/** A token put together by hand: header and payload as they are given, signature included. */
export function forgeToken(header: unknown, payload: unknown, signature = 'c2ln'): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(payload)}.${signature}`
}
