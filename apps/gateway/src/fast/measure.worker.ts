/** A Worker that runs the fast paths of `src/fast` and the slow paths that they replace; `measure-fast.ts` times it. */
import { newId } from '@db9/types/ids'
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import { usableKeys } from '../auth/jwks.ts'
import { parseToken } from '../auth/token.ts'
import { importVerifiers, isForged } from './forged-token.ts'
import { KeptHeaders } from './kept-headers.ts'
import { isPlain, isPlainJson } from './plain-json.ts'
import { RequestHeaders } from './request-headers.ts'
import { newRequestId } from './request-id.ts'
import { stackless } from './stackless.ts'
import { parseRequestUrl } from './url.ts'

type Run = () => unknown

interface Paths {
  fast: Run
  slow: Run
}

const URL_TEXT =
  'http://127.0.0.1:9009/db/db_01k9zwq3f0a1b2c3d4e5f6g7h8/rest/v1/todos?select=id,title&id=eq.1'
const CLAIMS = {
  ...{ iss: 'https://id.example.com', aud: 'app', sub: 'user_2aXk', iat: 1_800_000_000, exp: 1_800_003_600 },
  ...{ email: 'ada@example.com', org: { id: 'org_1', roles: ['admin', 'member'] } },
}
const PLAIN = JSON.stringify(CLAIMS)
const HEADERS = {
  ...{ vary: 'Accept, Prefer, Range, Origin, apikey, Authorization', 'x-content-type-options': 'nosniff' },
  ...{ 'content-security-policy': "sandbox; default-src 'none'", 'cache-control': 'private, no-cache' },
  ...{ 'cross-origin-resource-policy': 'cross-origin', 'access-control-allow-origin': 'https://a.example' },
  'access-control-expose-headers': 'content-range, location, retry-after, server-timing, x-request-id',
}
const kept = new KeptHeaders(() => new Headers(HEADERS))

/** The lookups of a read: some names twice, then all headers, then the names that a read is parsed by. */
const FIRST = ['origin', 'authorization', 'x-server-timing', 'apikey', 'authorization', 'origin', 'origin']
const LATER = ['cookie', 'content-type', 'accept', 'prefer', 'range', 'accept-profile', 'content-type']

function lookUp(headers: Iterable<[string, string]> & { get(name: string): string | null }): number {
  for (const name of FIRST) headers.get(name)
  const all = [...headers]
  for (const name of [...LATER, ...LATER]) headers.get(name)
  return all.length
}

async function forgedToken(): Promise<Paths> {
  const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
  const jwk = { ...(await exportJWK(own.publicKey)), alg: 'ES256', kid: 'a' }
  const token = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'ES256', kid: 'a' })
    .sign(other.privateKey)
  const verifiers = await importVerifiers(usableKeys({ keys: [jwk] }) ?? [])
  const key = await importJWK(jwk)
  const parts = parseToken(token)
  if (!parts) throw new Error('not a token')
  return { fast: () => isForged(parts, verifiers), slow: () => jwtVerify(token, key).catch(() => null) }
}

async function pathsOf(name: string, request: Request): Promise<Paths> {
  const { headers } = request
  const table: Record<string, Paths> = {
    url: { fast: () => parseRequestUrl(URL_TEXT), slow: () => new URL(URL_TEXT).pathname },
    'request-id': { fast: () => newRequestId(), slow: () => newId('request') },
    'request-headers': { fast: () => lookUp(new RequestHeaders(headers)), slow: () => lookUp(headers) },
    'plain-json': { fast: () => isPlain(PLAIN, CLAIMS), slow: () => isPlainJson(PLAIN) },
    stackless: {
      fast: () => stackless(() => new Error('the rate limit of this key is reached')),
      slow: () => new Error('the rate limit of this key is reached'),
    },
    'kept-headers': {
      fast: () => new Response(null, { headers: kept.of('a') }),
      slow: () => new Response(null, { headers: new Headers(HEADERS) }),
    },
  }
  const found = name === 'forged-token' ? await forgedToken() : table[name]
  if (!found) throw new Error(`there is no path ${name}`)
  return found
}

export default {
  /** `/<name>/<fast or slow>/<times>`: runs that path so many times. */
  async fetch(request: Request): Promise<Response> {
    const [, name = '', which, times] = new URL(request.url).pathname.split('/')
    const run = (await pathsOf(name, request))[which === 'fast' ? 'fast' : 'slow']
    for (let n = Number(times); n > 0; n--) {
      const result = run()
      if (result instanceof Promise) await result
    }
    return new Response('done')
  },
}
