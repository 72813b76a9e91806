/** Key sets of identity providers, which are hostile input: which keys are usable (pure), and a bounded fetch. */

/** A public key (RFC 7517) of a kind that the gateway verifies with. */
export interface PublicJwk {
  kty: 'RSA' | 'EC' | 'OKP'
  kid?: string
  alg?: string
  crv?: string
  n?: string
  e?: string
  x?: string
  y?: string
}

const MAX_KEYS = 20
const MAX_BYTES = 64 * 1024
const FETCH_TIMEOUT_MS = 3000
const KIND: Record<string, { alg: string; fields: readonly ('n' | 'e' | 'crv' | 'x' | 'y')[] }> = {
  RSA: { alg: 'RS256', fields: ['n', 'e'] },
  EC: { alg: 'ES256', fields: ['crv', 'x', 'y'] },
  OKP: { alg: 'EdDSA', fields: ['crv', 'x'] },
}
const CURVE: Record<string, string> = { EC: 'P-256', OKP: 'Ed25519' }
/** Base64url of 65537 and of 3. */
const EXPONENTS: readonly unknown[] = ['AQAB', 'Aw']

/** The keys that may verify signatures: public, for signatures, of a sound size, one for each `kid`. Null: not a key set. */
export function usableKeys(json: unknown): PublicJwk[] | null {
  const keys = isRecord(json) ? json.keys : undefined
  if (!Array.isArray(keys)) return null
  const usable = new Map<string, PublicJwk>()
  for (const candidate of keys.slice(0, MAX_KEYS)) {
    const key = usableKey(candidate)
    const name = key?.kid ?? `\0${usable.size}`
    if (key && !usable.has(name)) usable.set(name, key)
  }
  return [...usable.values()]
}

function usableKey(jwk: unknown): PublicJwk | null {
  if (!isRecord(jwk) || typeof jwk.kty !== 'string') return null
  const kind = Object.hasOwn(KIND, jwk.kty) ? KIND[jwk.kty] : undefined
  if (!kind || 'd' in jwk || (jwk.use !== undefined && jwk.use !== 'sig')) return null
  if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('verify')) return null
  if (jwk.kid !== undefined && (typeof jwk.kid !== 'string' || jwk.kid.length > 128)) return null
  const isNamedOtherwise = jwk.alg !== undefined && jwk.alg !== kind.alg && jwk.alg !== 'Ed25519'
  if (isNamedOtherwise || !kind.fields.every((name) => typeof jwk[name] === 'string')) return null
  if (jwk.kty === 'RSA' ? !isSoundRsa(jwk) : jwk.crv !== CURVE[jwk.kty]) return null
  const fields = Object.fromEntries(kind.fields.map((name) => [name, jwk[name]]))
  const kid = jwk.kid === undefined ? {} : { kid: jwk.kid }
  return { ...fields, ...kid, kty: jwk.kty as PublicJwk['kty'], alg: kind.alg }
}

/** 2,048 to 4,096 bits: 256 to 512 bytes, which are 342 to 683 characters of base64url. */
function isSoundRsa(jwk: Record<string, unknown>): boolean {
  return typeof jwk.n === 'string' && jwk.n.length >= 342 && jwk.n.length <= 683 && EXPONENTS.includes(jwk.e)
}

export type JwksFetch = (url: string, init: RequestInit) => Promise<Response>

/** Fetches a key set: 3 s in all, 64 KiB, no redirect, no credentials. Throws an `Error` that says why not. */
export async function fetchKeys(url: string, fetcher: JwksFetch, allowHttp: boolean): Promise<PublicJwk[]> {
  const { protocol } = new URL(url)
  if (protocol !== 'https:' && !(allowHttp && protocol === 'http:')) throw new Error('its URL is not https')
  const response = await fetcher(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`it answered with status ${response.status}`)
  }
  const keys = usableKeys(JSON.parse(await readText(response)))
  if (!keys || keys.length === 0) throw new Error('it holds no usable key')
  return keys
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const reader = response.body?.getReader()
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const chunk: Uint8Array = part.value
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) {
      await reader?.cancel()
      throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
