/** Caps of open connections of the wire protocol, whether they have logged in or not. */
import type { Socket } from 'node:net'
import { errorResponse } from '@db9/postgres/backend'
import { addressGroup } from '@db9/types/limits'
import { endClient } from './end-client.ts'

export interface ConnectionCaps {
  /** Connections that one address, or one /64 of IPv6, may have open. */
  perAddress: number
  /** Those of them that have not logged in yet. */
  pendingPerAddress: number
  /** Connections of all together: each may hold a second one, to a server. */
  total: number
}

export const DEFAULT_CONNECTION_CAPS: ConnectionCaps = {
  perAddress: 2_000,
  pendingPerAddress: 1_000,
  total: 8_000,
}

/** Of an address that is not refused before the total is reached. */
const FEW_CONNECTIONS = 8

interface OfAddress {
  open: number
  pending: number
}

/**
 * Counts open connections. An address may have as many as are still free for all, and never more than its cap, so that a
 * few addresses leave room for others (dynamic thresholds; Choudhury and Hahne, 1998).
 */
export class OpenConnections {
  readonly #caps: ConnectionCaps
  readonly #byAddress = new Map<string, OfAddress>()
  readonly #pending = new WeakMap<Socket, OfAddress>()
  #total = 0

  constructor(caps: ConnectionCaps) {
    this.#caps = caps
  }

  /** Counts the connection until it is closed; over a cap, ends it with 53300 and returns false. */
  admit(client: Socket): boolean {
    const { perAddress, pendingPerAddress, total } = this.#caps
    const address = addressGroup(client.remoteAddress ?? 'unknown')
    const counts = this.#byAddress.get(address) ?? { open: 0, pending: 0 }
    if (this.#total >= total) return refuse(client, 'connections to this server')
    if (counts.open >= Math.max(FEW_CONNECTIONS, Math.min(perAddress, total - this.#total)))
      return refuse(client, 'connections from your address')
    if (counts.pending >= pendingPerAddress) return refuse(client, 'logins under way from your address')
    this.#total += 1
    counts.open += 1
    counts.pending += 1
    this.#byAddress.set(address, counts)
    this.#pending.set(client, counts)
    client.once('close', () => {
      this.loggedIn(client)
      this.#total -= 1
      counts.open -= 1
      if (counts.open === 0) this.#byAddress.delete(address)
    })
    return true
  }

  /** The client is no longer one that has not logged in. */
  loggedIn(client: Socket): void {
    const counts = this.#pending.get(client)
    if (!counts) return
    counts.pending -= 1
    this.#pending.delete(client)
  }
}

function refuse(client: Socket, what: string): false {
  client.on('error', () => client.destroy())
  endClient(client, errorResponse('FATAL', '53300', `too many ${what}; close some and try again`))
  return false
}
