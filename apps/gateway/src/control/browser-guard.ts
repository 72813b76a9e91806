/**
 * The browser guard of the REST API: from a browser, only pages of the gateway's own origin may call it. Most calls need a
 * token that a foreign page lacks, but registering needs none. The host name is checked too: a foreign name that points at
 * this machine (DNS rebinding) would make a foreign page a page of our origin.
 */

/** The host names that the REST API answers to. Null: any name, for a gateway at a public address. */
export type HostRules = ReadonlySet<string> | null

export type GuardVerdict = 'admitted' | 'foreign_host' | 'foreign_page'

export interface BrowserRequest {
  /** The host of the URL, in WHATWG's form: `localhost`, `[::1]`. */
  hostname: string
  headers: { get(name: string): string | null }
}

export function guardBrowser({ hostname, headers }: BrowserRequest, hosts: HostRules): GuardVerdict {
  if (hosts !== null && !hosts.has(hostname) && !hostname.endsWith('.localhost')) return 'foreign_host'
  // A page cannot set this header, and current browsers all send it: https://www.w3.org/TR/fetch-metadata/
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none' ? 'admitted' : 'foreign_page'
  const origin = headers.get('origin')
  return origin === null || isOfHost(origin, hostname) ? 'admitted' : 'foreign_page'
}

function isOfHost(origin: string, hostname: string): boolean {
  return URL.canParse(origin) && new URL(origin).hostname === hostname
}
