/** The headers and cookies of a request that SQL may see: without the ones that authenticate its caller. */
import { INTERNAL_HEADER_PREFIX } from '@db9/types/internal'

const HIDDEN = new Set([
  'authorization',
  'apikey',
  'cookie',
  'proxy-authorization',
  'x-forwarded-for',
  'x-real-ip',
])
const HIDDEN_PREFIXES = ['cf-', 'sec-', INTERNAL_HEADER_PREFIX]

/** Lower-case names. `x-forwarded-for` is the address that the gateway saw, not the one that the client sent. */
export function sessionHeaders(
  headers: Iterable<[string, string]>,
  clientAddress: string | null,
): Record<string, string> {
  const visible: Record<string, string> = {}
  for (const [name, value] of headers) {
    if (!HIDDEN.has(name) && !HIDDEN_PREFIXES.some((prefix) => name.startsWith(prefix))) visible[name] = value
  }
  if (clientAddress !== null) visible['x-forwarded-for'] = clientAddress
  return visible
}

/** Names of cookies with sessions, tokens or keys: SQL that reads the settings must not be able to act as the caller. */
const CREDENTIAL =
  /^(?:__host-|__secure-|sb-)|auth|token|sess|sid$|jwt|csrf|xsrf|secret|passw|credential|(?:^|[-_.])(?:key|apikey|sid)(?:$|[-_.])/i

/** The cookies of a request by name, with their values as sent (RFC 6265, section 5.4), without those that carry credentials. */
export function sessionCookies(header: string | null): Record<string, string> {
  if (header === null) return {}
  const pairs = header.split(';').flatMap((pair): [string, string][] => {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim()
    const isShown = equals > 0 && name !== '' && !CREDENTIAL.test(name) && !pair.includes('\0')
    return isShown ? [[name, pair.slice(equals + 1).trim()]] : []
  })
  return Object.fromEntries(pairs)
}
