/** Counts the connections of a port by client, from Linux' tables of sockets (docs.kernel.org, networking/proc_net_tcp). */

/**
 * A client as connections are limited by it: an IPv4 address, or the first half of an IPv6 address, since one client
 * commands a whole /64. `v4:` and 8, or `v6:` and 16 hexadecimal digits in network order.
 */
export type ClientNetwork = `v4:${string}` | `v6:${string}`

const COLON = 0x3a
const NEWLINE = 0x0a
/** Where the columns of a row begin: `  sl: local:port remote:port st …`; an address has 8 digits, or 32. */
const MAPPED_IPV4 = '0000000000000000FFFF0000'
/** TCP_LISTEN of include/net/tcp_states.h; such a socket is no connection. */
const LISTENING = '0A'
/** TIME_WAIT: the process has closed its descriptor already. */
const TIME_WAIT = '06'

/** Adds to `counts` the connections of `port` in one table: the content of /proc/net/tcp or /proc/net/tcp6. */
export function countConnections(table: Buffer, port: number, counts: Map<ClientNetwork, number>): void {
  const wanted = Buffer.from(port.toString(16).toUpperCase().padStart(4, '0'), 'latin1')
  // The first line is the heading.
  for (let at = table.indexOf(NEWLINE) + 1; at > 0 && at < table.length; ) {
    const end = table.indexOf(NEWLINE, at)
    if (end === -1) return
    const local = table.indexOf(COLON, at) + 2
    const localPort = table.indexOf(COLON, local) + 1
    if (isAt(table, wanted, localPort)) {
      const remote = localPort + 5
      const remoteEnd = table.indexOf(COLON, remote)
      const state = table.toString('latin1', remoteEnd + 6, remoteEnd + 8)
      if (state !== LISTENING && state !== TIME_WAIT) {
        const client = networkOf(table.toString('latin1', remote, remoteEnd))
        counts.set(client, (counts.get(client) ?? 0) + 1)
      }
    }
    at = end + 1
  }
}

function isAt(table: Buffer, text: Buffer, at: number): boolean {
  for (let index = 0; index < text.length; index++) if (table[at + index] !== text[index]) return false
  return true
}

/** The kernel prints an address as 32-bit words of the machine, which is little-endian wherever this runs. */
function networkOf(digits: string): ClientNetwork {
  if (digits.length === 8) return `v4:${swapped(digits)}`
  if (digits.startsWith(MAPPED_IPV4)) return `v4:${swapped(digits.slice(24))}`
  return `v6:${swapped(digits.slice(0, 8))}${swapped(digits.slice(8, 16))}`
}

function swapped(word: string): string {
  return (word.slice(6, 8) + word.slice(4, 6) + word.slice(2, 4) + word.slice(0, 2)).toLowerCase()
}

/** An address of the network, as `node:net` reads one. */
export function addressIn(network: ClientNetwork): string {
  const digits = network.slice(3)
  if (network.startsWith('v4:')) {
    return [0, 2, 4, 6].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)).join('.')
  }
  return `${[0, 4, 8, 12].map((at) => digits.slice(at, at + 4)).join(':')}::`
}
