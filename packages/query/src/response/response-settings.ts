/** Status and headers that SQL sets for its reply. */
import { errors } from '../errors.ts'

/**
 * What SQL may say of the reply, by the settings `response.headers` and `response.status`. All tenants of an
 * installation may share one origin, so headers pass by a list.
 */

const ALLOWED = new Set([
  'age',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'retry-after',
])
/** `X-…`, except what browsers, proxies or we ourselves give a meaning to. */
const EXTENSION =
  /^x-(?!(?:accel|content-type-options|db9|dns|forwarded|frame-options|permitted|rate-?limit|real-ip|relay|request-id|xss)(?:-|$)|sendfile)[a-z0-9-]+$/
const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
const VALUE = /^[\t\x20-\x7e]*$/
/** Media types that a browser might run or render as a document. */
const ACTIVE_TYPE = /html|svg|xml|script|wasm|x-shockwave|multipart/i

export function parseResponseHeaders(text: string | null): [string, string][] {
  if (text === null) return []
  return parseHeaderList(text).filter(([name, value]) => isAllowed(name.toLowerCase(), value))
}

function parseHeaderList(text: string): [string, string][] {
  const list = parseJson(text)
  if (!Array.isArray(list)) throw errors.responseHeaders()
  return list.map((item: unknown) => {
    const entries = typeof item === 'object' && item !== null ? Object.entries(item) : []
    const [entry] = entries
    if (entry === undefined || entries.length !== 1 || typeof entry[1] !== 'string')
      throw errors.responseHeaders()
    return [entry[0], entry[1]]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw errors.responseHeaders()
  }
}

/** Whether a header says something of its own reply alone: nothing for the whole origin, for proxies, or in our name. */
export function isOfOneReply(name: string, value: string): boolean {
  return NAME.test(name) && VALUE.test(value) && (ALLOWED.has(name) || EXTENSION.test(name))
}

export function isAllowed(name: string, value: string): boolean {
  if (!isOfOneReply(name, value)) return false
  if (name === 'content-type') return !ACTIVE_TYPE.test(value)
  // An absolute address, `//host` among them, would lead away from this origin.
  if (name === 'location') return /^(?:\/(?![/\\])|\?|[\w.~%-]+(?:[/?]|$))[^\\]*$/.test(value)
  return true
}

/** The status that SQL asks for, 200 to 599, or null where it asks for none. */
export function parseResponseStatus(text: string | null): number | null {
  if (text === null) return null
  const status = /^\d{3}$/.test(text) ? Number(text) : 0
  if (status < 200 || status > 599) throw errors.responseStatus()
  return status
}

/** The headers of `base` with those of `over` in place of the ones they name. */
export function mergeHeaders(
  base: readonly [string, string][],
  over: readonly [string, string][],
): [string, string][] {
  if (over.length === 0) return [...base]
  const replaced = new Set(over.map(([name]) => name.toLowerCase()))
  return [...base.filter(([name]) => !replaced.has(name.toLowerCase())), ...over]
}
