/** The key and the JWT of a request, by the form of its headers; and whether this installation made the key. */
import type { QueryError } from '@db9/query'
import { type HmacKey, sha256Hex } from '@db9/types/crypto'
import { hasValidMac, KEY_PREFIX, keyIdOf } from '@db9/types/keys'
import { refusals } from '../http/refusals.ts'
import type { Lru } from '../lru.ts'

export interface Credentials {
  /** The whole value of the publishable key, not yet checked. */
  key: string
  /** The user's JWT, not yet checked; null where no user is signed in. */
  jwt: string | null
}

const PUBLISHABLE = KEY_PREFIX.publishableKey
const OTHER_KINDS = [KEY_PREFIX.connectKey, KEY_PREFIX.serviceKey]
const KEY_IN_QUERY = /(?:^|&)[^=&]*=db9[a-z]k_/
const APIKEY_IN_QUERY = /(?:^|&)apikey=/i

/** The credentials, or the refusal where there is no key, two, one of another kind, or one in the query string. */
export function parseCredentials(
  headers: { get(name: string): string | null },
  query: string,
): Credentials | QueryError {
  if (KEY_IN_QUERY.test(query)) return refusals.keyInQuery()
  const apikey = headers.get('apikey')
  const bearer = parseBearer(headers.get('authorization'))
  if (isOtherKind(apikey) || isOtherKind(bearer)) return refusals.keySecret()
  if (apikey) {
    if (bearer === null || bearer === apikey) return { key: apikey, jwt: null }
    if (bearer.startsWith(PUBLISHABLE)) return refusals.twoKeys()
    return { key: apikey, jwt: bearer }
  }
  if (bearer?.startsWith(PUBLISHABLE)) return { key: bearer, jwt: null }
  return APIKEY_IN_QUERY.test(query) ? refusals.keyInQuery() : refusals.keyMissing()
}

const SCHEME = /^([a-z][a-z0-9!#$%&'*+.^_`|~-]*) +/i

/**
 * The text after `Bearer `. Another scheme (RFC 9110, section 11.1) is meant for a proxy before us, for example a password
 * of a staging site, and gives null. A header without a scheme is read as a token.
 */
function parseBearer(header: string | null): string | null {
  if (header === null) return null
  const [prefix = '', scheme] = SCHEME.exec(header) ?? []
  if (scheme !== undefined && scheme.toLowerCase() !== 'bearer') return null
  return header.slice(prefix.length).trim()
}

function isOtherKind(value: string | null): boolean {
  return value !== null && OTHER_KINDS.some((prefix) => value.startsWith(prefix))
}

/** The id of a key whose value carries our MAC, and the digest that the stored one must equal. */
export interface KnownKey {
  id: string
  sha256: string
}

/**
 * Checks the shape and the MAC of a key. A made-up key gives null: it costs no lookup and creates no object. Values that
 * passed are remembered in `known`.
 */
export async function checkKey(
  value: string,
  secret: HmacKey,
  known: Lru<KnownKey>,
): Promise<KnownKey | null> {
  const hit = known.get(value)
  if (hit) return hit
  const id = keyIdOf('publishableKey', value)
  if (id === null || !(await hasValidMac(value, secret))) return null
  const key = { id, sha256: await sha256Hex(value) }
  known.set(value, key)
  return key
}
