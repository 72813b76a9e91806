/** Clients as their connections are counted. */

/**
 * An IPv4 address, or the first half of an IPv6 address, since one client commands a whole /64: `v4:` and 8, or `v6:` and 16
 * hexadecimal digits in network order.
 */
export type ClientNetwork = `v4:${string}` | `v6:${string}`

/** An address of the network, as `node:net` reads one. */
export function addressIn(network: ClientNetwork): string {
  const digits = network.slice(3)
  if (network.startsWith('v4:')) {
    return [0, 2, 4, 6].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)).join('.')
  }
  return `${[0, 4, 8, 12].map((at) => digits.slice(at, at + 4)).join(':')}::`
}
