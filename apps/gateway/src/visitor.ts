/**
 * Who may speak to the REST API from a browser: pages of its own origin alone. It is authorised by tokens that no foreign
 * page has, but registering needs none, and a name that its owner points at this machine (DNS rebinding) would make any
 * page one of ours.
 */

/** Null: any name, as where the address is public. */
export type HostRules = ReadonlySet<string> | null

export type VisitorVerdict = 'admitted' | 'foreign_host' | 'foreign_page'

export interface Visitor {
  /** Of the URL, in WHATWG's form: `localhost`, `[::1]`. */
  hostname: string
  headers: { get(name: string): string | null }
}

export function judgeVisitor({ hostname, headers }: Visitor, hosts: HostRules): VisitorVerdict {
  if (hosts !== null && !hosts.has(hostname) && !hostname.endsWith('.localhost')) return 'foreign_host'
  // A page cannot set it, and our own browsers all send it: https://www.w3.org/TR/fetch-metadata/
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none' ? 'admitted' : 'foreign_page'
  const origin = headers.get('origin')
  return origin === null || isOfHost(origin, hostname) ? 'admitted' : 'foreign_page'
}

function isOfHost(origin: string, hostname: string): boolean {
  return URL.canParse(origin) && new URL(origin).hostname === hostname
}
