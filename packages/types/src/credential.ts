/**
 * How the parts of one installation trust each other. Both forms are HMAC-SHA-256 under the per-install secret
 * `DB9_INTERNAL_SECRET`, which never travels itself.
 *
 * - A **signed request**: header `x-db9-signature: t=<unix s>,n=<nonce>,v1=<mac>` over method, path and body. Good for
 *   60 s and, where the receiver keeps nonces, once.
 * - An **SQL credential**: what the gateway sends as the password of `<database_id>.authenticator`; it names the
 *   database, the role and its end, so that the proxy needs no lookup to check it.
 */
import { fromBase64Url, type HmacKey, hmac, sha256Hex, timingSafeEqual, toBase64Url } from './crypto.ts'
import { type RandomBytes, randomBytes } from './ids.ts'

export const SIGNATURE_HEADER = 'x-db9-signature'
const MAX_SKEW_SECONDS = 60

export interface SignedParts {
  method: string
  /** Path with its query string, as sent. */
  path: string
  body: string
}

/** The value of the signature header. `now` is in milliseconds. */
export async function signRequest(
  parts: SignedParts,
  key: HmacKey,
  now: number = Date.now(),
  random: RandomBytes = randomBytes,
): Promise<string> {
  const time = Math.floor(now / 1000)
  const nonce = toBase64Url(random(12))
  return `t=${time},n=${nonce},v1=${await requestMac(parts, time, nonce, key)}`
}

/** The nonce of a rightly signed request, for the receiver to remember; null where it is not. `now` is in milliseconds. */
export async function verifyRequest(
  parts: SignedParts,
  signature: string | null | undefined,
  key: HmacKey,
  now: number = Date.now(),
): Promise<string | null> {
  const match = /^t=(\d{1,12}),n=([\w-]{16}),v1=([\w-]{43})$/.exec(signature ?? '')
  const [, time, nonce, mac] = match ?? []
  if (time === undefined || nonce === undefined || mac === undefined) return null
  if (Math.abs(now / 1000 - Number(time)) > MAX_SKEW_SECONDS) return null
  return timingSafeEqual(mac, await requestMac(parts, Number(time), nonce, key)) ? nonce : null
}

async function requestMac(parts: SignedParts, time: number, nonce: string, key: HmacKey): Promise<string> {
  const lines = ['db9-request', parts.method, parts.path, await sha256Hex(parts.body), time, nonce]
  return toBase64Url(await hmac(key, lines.join('\n')))
}

const CREDENTIAL_PREFIX = 'db9sql1.'

export interface SqlCredential {
  databaseId: string
  role: string
  /** Unix seconds. */
  expiresAt: number
}

/** Mints the password that opens `<databaseId>.<role>` at the data proxy until `expiresAt`. */
export async function mintSqlCredential(credential: SqlCredential, key: HmacKey): Promise<string> {
  const payload = toBase64Url(
    new TextEncoder().encode(JSON.stringify([credential.databaseId, credential.role, credential.expiresAt])),
  )
  return `${CREDENTIAL_PREFIX}${payload}.${toBase64Url(await hmac(key, CREDENTIAL_PREFIX + payload))}`
}

/** Whether a password has the form of an SQL credential (and so is never tried as a password). */
export function looksLikeSqlCredential(password: string): boolean {
  return password.startsWith(CREDENTIAL_PREFIX)
}

/** What a password grants, or null where it is forged, malformed or over. `now` is in milliseconds. */
export async function verifySqlCredential(
  password: string,
  key: HmacKey,
  now: number = Date.now(),
): Promise<SqlCredential | null> {
  const [payload, mac, extra] = password.slice(CREDENTIAL_PREFIX.length).split('.')
  if (!looksLikeSqlCredential(password) || !payload || !mac || extra !== undefined) return null
  if (!timingSafeEqual(mac, toBase64Url(await hmac(key, CREDENTIAL_PREFIX + payload)))) return null
  const bytes = fromBase64Url(payload)
  if (!bytes) return null
  const [databaseId, role, expiresAt] = JSON.parse(new TextDecoder().decode(bytes)) as [
    string,
    string,
    number,
  ]
  return expiresAt * 1000 > now ? { databaseId, role, expiresAt } : null
}
