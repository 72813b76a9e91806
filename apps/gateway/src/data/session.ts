/** What SQL may see of the request: its headers without whoever it was authenticated by. */
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

/** Lower-case names. `x-forwarded-for` is the address that we saw, not what the caller says of itself. */
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
