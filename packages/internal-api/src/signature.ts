/**
 * Signatures of calls between the parts: HMAC-SHA-256 under the installation's secret `DB9_INTERNAL_SECRET`, which never
 * travels itself. The header `x-db9-signature: t=<unix s>,n=<nonce>,v1=<mac>` covers method, path and body; it is good for
 * 60 s and, where the receiver keeps nonces, once.
 */
import { type HmacKey, hmac, sha256Hex, timingSafeEqual, toBase64Url } from '@db9/types/crypto'
import { type RandomBytes, randomBytes } from '@db9/types/ids'
import type { NonceStore } from './nonces.ts'

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

export interface VerifyOptions {
  key: HmacKey
  /** Where each signature counts once. */
  nonces: NonceStore
  /** Milliseconds since the epoch. */
  now?: number
}

/** Whether a request is rightly signed, by a signature that was not seen before. */
export async function verifyOnce(
  parts: SignedParts,
  signature: string | null | undefined,
  { key, nonces, now = Date.now() }: VerifyOptions,
): Promise<boolean> {
  const nonce = await verifyRequest(parts, signature, key, now)
  return nonce !== null && nonces.add(nonce, now)
}
