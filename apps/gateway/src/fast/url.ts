/**
 * Parses the URL of a request without a URL object, where the text needs no normalising.
 * Measured in workerd (`measure-fast.ts`): 0.2 µs instead of 0.8 µs for the URL of a read.
 */

export interface RequestUrl {
  hostname: string
  pathname: string
  /** With its question mark; empty where there is nothing after it. */
  search: string
}

/** The longest name of DNS. Bounds what is kept of a request, which may keep the whole text of its URL in memory. */
const MAX_HOST_LENGTH = 253
/**
 * A host, and a path of plain characters whose segments do not begin with a dot: WHATWG's parser gives the same text. It also
 * parses the segments that begin with an escaped dot.
 */
const PLAIN = /^https?:\/\/([a-z0-9.-]{1,253})(?::\d+)?((?:\/(?!\.|%2e)[\w\-.~!$&()*+,;=:@%]*)+)(\?[^#]*)?$/i

/** Null where the text is not a URL, for example where the Host header is not a name. */
export function parseRequestUrl(text: string): RequestUrl | null {
  const [, hostname, pathname, search = ''] = PLAIN.exec(text) ?? []
  if (hostname !== undefined && pathname !== undefined)
    return { hostname: hostname.toLowerCase(), pathname, search: search === '?' ? '' : search }
  const url = URL.parse(text)
  return url !== null && url.hostname.length <= MAX_HOST_LENGTH ? url : null
}
