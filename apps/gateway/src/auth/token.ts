/** Parses a JWT, before anything in it is trusted: RFC 7515 compact serialisation, RFC 8725 section 3. */
import { isPlain } from '../fast/plain-json.ts'

export interface TokenParts {
  header: { alg: string; kid: string | null }
  payload: Record<string, unknown>
  /** The text that the signature covers, RFC 7515 section 5.1; ASCII. */
  signed: string
  /** Base64url. */
  signature: string
}

const MAX_TOKEN_BYTES = 8 * 1024
const MAX_HEADER_BYTES = 1024
const MAX_KID_LENGTH = 128
/** `{"` in base64url. */
const HEADER_START = 'eyJ'
const ALGORITHMS: readonly string[] = ['RS256', 'ES256', 'EdDSA']

/** The parts of a token that is worth verifying, or null. */
export function parseToken(token: string): TokenParts | null {
  if (token.length > MAX_TOKEN_BYTES) return null
  const [first, second, signature, ...rest] = token.split('.')
  if (!first || !second || !signature || rest.length > 0 || !isBase64Url(signature)) return null
  if (first.length > MAX_HEADER_BYTES * (4 / 3)) return null
  const header = parseObject(first)
  const payload = parseObject(second)
  if (!header || !payload) return null
  const { alg, kid = null, crit, b64, zip } = header
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) return null
  // Each of these changes the meaning of the payload: RFC 7515 section 4.1.11, RFC 7797, RFC 7516 section 4.1.3.
  if (crit !== undefined || b64 !== undefined || zip !== undefined) return null
  if (kid !== null && (typeof kid !== 'string' || kid.length > MAX_KID_LENGTH)) return null
  // A token may lack `kid`, but it may not be null.
  if (kid === null && 'kid' in header) return null
  return { header: { alg, kid }, payload, signed: `${first}.${second}`, signature }
}

/** Why `parseToken` gives null, where that helps the sender of the token: the algorithm. */
export function whyNotParsed(token: string): string | null {
  // Refusing has to stay cheap: what does not begin as a header does is not parsed.
  if (token.length > MAX_TOKEN_BYTES || !token.startsWith(HEADER_START)) return null
  const header = parseObject(token.split('.', 1)[0] ?? '')
  const alg = header?.alg
  if (typeof alg !== 'string' || ALGORITHMS.includes(alg) || !/^[\w-]{1,16}$/.test(alg)) return null
  return `it is signed by ${alg}; the algorithms are ${ALGORITHMS.join(', ')}`
}

function parseObject(part: string): Record<string, unknown> | null {
  if (!isBase64Url(part)) return null
  try {
    const text = decodeUtf8(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    if (!text.startsWith('{')) return null
    const value = JSON.parse(text) as Record<string, unknown>
    return isPlain(text, value) ? value : null
  } catch {
    return null
  }
}

/** Each character of `binary` is a byte. Throws where the bytes are not UTF-8. Most tokens are ASCII, and need no decoding. */
function decodeUtf8(binary: string): string {
  if (!/[\x80-\xff]/.test(binary)) return binary
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

/** Whether the text is base64url without padding, with unused last bits of zero, so that a token has one spelling. */
function isBase64Url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return false
  const last = text.at(-1) ?? ''
  if (text.length % 4 === 1) return false
  if (text.length % 4 === 2) return 'AQgw'.includes(last)
  if (text.length % 4 === 3) return 'AEIMQUYcgkosw048'.includes(last)
  return true
}
