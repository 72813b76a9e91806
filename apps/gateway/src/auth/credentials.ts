/** The key and the JWT of a request, by the form of its headers; and whether this installation made the key. */
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import type { QueryError } from '@db9/query'
import { type HmacKey, sha256Hex } from '@db9/types/crypto'
import { hasValidMac, KEY_PREFIX, type KeyKind, keyIdOf } from '@db9/types/keys'
import { refusals } from '../http/refusals.ts'
import type { Lru } from '../lru.ts'

/** Kinds of keys that the data plane takes. */
export type DataKeyKind = Exclude<KeyKind, 'connectKey'>

export interface Credentials {
  kind: DataKeyKind
  /** The whole value of the key, not yet checked. */
  key: string
  /** The user's JWT, not yet checked; null where no user is signed in. */
  jwt: string | null
}

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
  if (isConnectKey(apikey) || isConnectKey(bearer)) return refusals.keySecret()
  if (apikey && isSupabaseKey(apikey)) return refusals.keyOfSupabase()
  if (apikey) {
    if (bearer !== null && bearer !== apikey && kindOfKey(bearer) !== null) return refusals.twoKeys()
    return toCredentials(apikey, bearer === apikey ? null : bearer, headers)
  }
  if (bearer !== null && kindOfKey(bearer) !== null) return toCredentials(bearer, null, headers)
  return APIKEY_IN_QUERY.test(query) ? refusals.keyInQuery() : refusals.keyMissing()
}

/** A value that is no service key is judged as a publishable one. A service key that a browser sends is refused. */
function toCredentials(
  key: string,
  jwt: string | null,
  headers: { get(name: string): string | null },
): Credentials | QueryError {
  const kind = kindOfKey(key) ?? 'publishableKey'
  if (kind === 'serviceKey' && isFromBrowser((name) => headers.get(name) !== null))
    return refusals.serviceKeyInBrowser()
  return { kind, key, jwt }
}

/** Supabase's keys: JWTs with a role, and those that begin with `sb_`. */
function isSupabaseKey(value: string): boolean {
  return value.startsWith('sb_') || /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/.test(value)
}

function kindOfKey(value: string): DataKeyKind | null {
  if (value.startsWith(KEY_PREFIX.publishableKey)) return 'publishableKey'
  return value.startsWith(KEY_PREFIX.serviceKey) ? 'serviceKey' : null
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

function isConnectKey(value: string | null): boolean {
  return value?.startsWith(KEY_PREFIX.connectKey) ?? false
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
  { kind, key: value }: Pick<Credentials, 'kind' | 'key'>,
  secret: HmacKey,
  known: Lru<KnownKey>,
): Promise<KnownKey | null> {
  const hit = known.get(value)
  if (hit) return hit
  const id = keyIdOf(kind, value)
  if (id === null || !(await hasValidMac(value, secret))) return null
  const key = { id, sha256: await sha256Hex(value) }
  known.set(value, key)
  return key
}
