/** The parts of a request's URL, without the cost of a URL object where the text needs no normalising. */

export interface RequestUrl {
  hostname: string
  pathname: string
  /** With its question mark; empty where nothing follows it. */
  search: string
}

/** The longest name of DNS: what is kept of a request may hold on to the whole text of its URL. */
const MAX_HOST_LENGTH = 253
/**
 * Lower-case host, and a path of plain characters whose segments do not begin with a dot: WHATWG's parser would give
 * back the same text. Percent signs are left to it too where they may spell a dot.
 */
const PLAIN = /^https?:\/\/([a-z0-9.-]{1,253})(?::\d+)?((?:\/(?!\.|%2e)[\w\-.~!$&()*+,;=:@%]*)+)(\?[^#]*)?$/i

/** Null where the text is no URL, as where the Host header holds no name. */
export function parseRequestUrl(text: string): RequestUrl | null {
  const [, hostname, pathname, search = ''] = PLAIN.exec(text) ?? []
  if (hostname !== undefined && pathname !== undefined)
    return { hostname: hostname.toLowerCase(), pathname, search: search === '?' ? '' : search }
  const url = URL.parse(text)
  return url !== null && url.hostname.length <= MAX_HOST_LENGTH ? url : null
}
