/** The parts of a request's URL, without the cost of a URL object where the text needs no normalising. */

export interface RequestUrl {
  hostname: string
  pathname: string
  /** With its question mark; empty where nothing follows it. */
  search: string
}

/**
 * Lower-case host, and a path of plain characters whose segments do not begin with a dot: WHATWG's parser would give
 * back the same text. Percent signs are left to it too where they may spell a dot.
 */
const PLAIN = /^https?:\/\/([a-z0-9.-]+)(?::\d+)?((?:\/(?!\.|%2e)[\w\-.~!$&()*+,;=:@%]*)+)(\?[^#]*)?$/i

export function parseRequestUrl(text: string): RequestUrl {
  const [, hostname, pathname, search = ''] = PLAIN.exec(text) ?? []
  if (hostname === undefined || pathname === undefined) return new URL(text)
  return { hostname: hostname.toLowerCase(), pathname, search: search === '?' ? '' : search }
}
