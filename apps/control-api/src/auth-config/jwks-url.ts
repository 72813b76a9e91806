/** The rules of the address of a key set. */
import { unprocessable } from '../errors.ts'

const MAX_LENGTH = 512
/** Names that lead to this machine or to a network of its own. */
const PRIVATE_SUFFIX = /(^|\.)(localhost|local|internal|home\.arpa|test|onion)$/
const LOOPBACK = /^(localhost|[\w.-]+\.localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The address of a key set. The gateway fetches it for strangers, so it must be a public https address by name. WHATWG parsing comes first: it writes 0x7f.1, 2130706433 and 0177.1 as 127.0.0.1. Throws 422.
 */
export function parseJwksUrl(
  text: string,
  { field, allowLocal }: { field: string; allowLocal: boolean },
): string {
  const fail = (problem: string) => unprocessable(field, problem)
  if (text.length > MAX_LENGTH) throw fail(`must be at most ${MAX_LENGTH} characters`)
  const url = URL.parse(text)
  if (!url) throw fail('must be a URL')
  if (url.username !== '' || url.password !== '') throw fail('must not contain a user or password')
  if (text.includes('#')) throw fail('must not contain a fragment')
  const host = url.hostname.replace(/\.$/, '')
  if (allowLocal && /^https?:$/.test(url.protocol) && LOOPBACK.test(host)) return url.href

  if (url.protocol !== 'https:') throw fail('must begin with https://')
  if (url.port !== '') throw fail('must use port 443')
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) throw fail('must have a host name, not an IP address')
  if (!host.includes('.') || PRIVATE_SUFFIX.test(host)) throw fail('must have a public host name')
  return url.href
}
