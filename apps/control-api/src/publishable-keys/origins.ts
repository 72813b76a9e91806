/** The rules of the origins that a key allows. */
import { getPublicSuffix } from 'tldts'
import { unprocessable } from '../errors.ts'

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])
const WILDCARD = /^(https:\/\/)\*\.(.+)$/

/**
 * An origin that a key allows, in the form in which browsers send it: `https://app.example.com`, or
 * `https://*.example.com` for one or more labels before it, never the apex. http is for this machine only.
 * Throws 422 naming `field` and, for common mistakes, the right form.
 */
export function parseOriginPattern(text: string, field: string): string {
  const lower = text.toLowerCase()
  const wildcard = WILDCARD.exec(lower)
  const url = URL.parse(wildcard ? `${wildcard[1]}${wildcard[2]}` : lower)
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname.includes('*')) {
    throw unprocessable(field, 'must be an origin such as https://app.example.com or https://*.example.com')
  }
  const canonical = wildcard ? url.origin.replace('https://', 'https://*.') : url.origin
  if (canonical !== lower) throw unprocessable(field, `is not an origin; write ${canonical}`)
  if (url.hostname.endsWith('.')) throw unprocessable(field, 'must not end with a dot')
  if (url.protocol === 'http:' && !LOCAL_HOSTS.has(url.hostname)) {
    throw unprocessable(field, 'http is allowed for localhost, 127.0.0.1 and [::1] only')
  }
  if (wildcard) requireOwnableBase(url.hostname, field)
  return canonical
}

/** `*.com` or `*.vercel.app` would allow the pages of strangers, who can register a name there. */
function requireOwnableBase(host: string, field: string): void {
  const suffix = getPublicSuffix(host, { allowPrivateDomains: true })
  if (suffix === null || suffix === host || /^[\d.]+$/.test(host) || host.startsWith('[')) {
    throw unprocessable(field, `*.${host} covers names that anybody can have`)
  }
}
