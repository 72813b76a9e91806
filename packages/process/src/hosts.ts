/** Addresses to listen on, and those by which what listens there is reached. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** The address to show: one that works in a browser on this machine, also where a part listens on all of them. */
export function publicHost(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host
}

/** An address of this machine on which a listener on `host` answers. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
