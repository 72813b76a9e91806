/** Caps of open connections of the wire protocol, whether they have logged in or not. */
import type { Socket } from 'node:net'
import { addressGroup } from '@db9/types/limits'
import { errorResponse } from '../wire/backend.ts'
import { endClient } from './end-client.ts'

export interface ConnectionCaps {
  /** Connections that one address, or one /64 of IPv6, may have open. */
  perAddress: number
  /** Connections of all together: each may hold a second one, to a server. */
  total: number
}

export const DEFAULT_CONNECTION_CAPS: ConnectionCaps = { perAddress: 2_000, total: 8_000 }

export class OpenConnections {
  readonly #caps: ConnectionCaps
  readonly #byAddress = new Map<string, number>()
  #total = 0

  constructor(caps: ConnectionCaps) {
    this.#caps = caps
  }

  /** Counts the connection until it is closed; over a cap, ends it with 53300 and returns false. */
  admit(client: Socket): boolean {
    const address = addressGroup(client.remoteAddress ?? 'unknown')
    const open = this.#byAddress.get(address) ?? 0
    if (open >= this.#caps.perAddress) return refuse(client, 'from your address')
    if (this.#total >= this.#caps.total) return refuse(client, 'to this server')
    this.#total += 1
    this.#byAddress.set(address, open + 1)
    client.once('close', () => this.#leave(address))
    return true
  }

  #leave(address: string): void {
    this.#total -= 1
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }
}

function refuse(client: Socket, which: string): false {
  client.on('error', () => client.destroy())
  endClient(
    client,
    errorResponse('FATAL', '53300', `too many connections ${which}; close some and try again`),
  )
  return false
}
