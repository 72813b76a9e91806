/**
 * Which origins a key may be used from. The control API accepts these patterns: an exact origin,
 * `https://*.example.com[:port]` (one or more labels, never the apex), `http://localhost:*`, and the literal `null`.
 */

/** RFC 6454 allows a list; browsers send one origin. */
const MAX_ORIGIN_BYTES = 512

export type OriginHeader = { kind: 'none' } | { kind: 'malformed' } | { kind: 'origin'; value: string }

export function parseOrigin(header: string | null): OriginHeader {
  if (header === null) return { kind: 'none' }
  // Two headers arrive joined by a comma.
  if (header.length > MAX_ORIGIN_BYTES || /[\s,]/.test(header)) return { kind: 'malformed' }
  return { kind: 'origin', value: header }
}

/** The origin that may read a reply: any that is well-formed, since a refusal holds no data. */
export function readerOf(headers: { get(name: string): string | null }): string | null {
  const origin = parseOrigin(headers.get('origin'))
  return origin.kind === 'origin' ? origin.value : null
}

export type OriginVerdict = 'allowed' | 'refused' | 'required' | 'malformed'

/** `allowed` is null where any origin is. */
export function judgeOrigin(
  origin: OriginHeader,
  key: { allowed_origins: readonly string[] | null; allow_no_origin: boolean },
): OriginVerdict {
  if (origin.kind === 'malformed') return 'malformed'
  if (key.allowed_origins === null) return 'allowed'
  if (origin.kind === 'none') return key.allow_no_origin ? 'allowed' : 'required'
  return matchesAny(origin.value, key.allowed_origins) ? 'allowed' : 'refused'
}

export function matchesAny(origin: string, patterns: readonly string[]): boolean {
  return patterns.includes(origin) || patterns.some((pattern) => matchesPattern(origin, pattern))
}

/** Exact origins were compared as text before: browsers send the one form that is saved. */
function matchesPattern(origin: string, pattern: string): boolean {
  if (!pattern.includes('*')) return false
  const url = parseUrl(origin)
  if (!url) return false
  if (pattern.endsWith(':*')) return pattern === `${url.protocol}//${url.hostname}:*`
  const [protocol, authority = ''] = pattern.split('//')
  const [wildcardHost = '', port = ''] = authority.split(':')
  if (url.protocol !== protocol || url.port !== port || !wildcardHost.startsWith('*.')) return false
  const suffix = wildcardHost.slice(1)
  return url.hostname.endsWith(suffix) && !url.hostname.slice(0, -suffix.length).split('.').includes('')
}

/** Null where the text is not the serialisation of an origin: a path, user info, an upper-case host, a written default port. */
function parseUrl(origin: string): URL | null {
  const url = URL.canParse(origin) ? new URL(origin) : null
  return url && url.origin === origin && !url.hostname.endsWith('.') ? url : null
}
