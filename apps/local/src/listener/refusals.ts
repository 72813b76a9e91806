/** Decides whose new connections are refused, from how many connections each client has. Pure. */
import type { ClientNetwork } from './socket-table.ts'

export interface ConnectionCaps {
  /** Connections that one client may have. */
  perClient: number
  /** Connections that all may have together. */
  total: number
}

export type Refusals =
  | { kind: 'none' }
  | { kind: 'some'; clients: readonly ClientNetwork[] }
  | { kind: 'all' }

/** A client that is refused is let in again below this share of the cap: not at each connection that ends. */
const READMIT_SHARE = 0.8
/** Clients that one filter of a socket has room for (BPF_MAXINSNS is 4,096; a client takes up to 5 instructions). */
export const MAX_REFUSED_CLIENTS = 400

/**
 * @param counts connections by client, without those that no cap applies to
 * @param total connections of all clients
 * @param before what was decided last
 */
export function decideRefusals(
  counts: ReadonlyMap<ClientNetwork, number>,
  total: number,
  caps: ConnectionCaps,
  before: Refusals,
): Refusals {
  if (total >= caps.total * (before.kind === 'all' ? READMIT_SHARE : 1)) return { kind: 'all' }
  const refused = new Set(before.kind === 'some' ? before.clients : [])
  const clients = [...counts]
    .filter(([client, count]) => count >= caps.perClient * (refused.has(client) ? READMIT_SHARE : 1))
    .sort(([, a], [, b]) => b - a)
    .map(([client]) => client)
  if (clients.length === 0) return { kind: 'none' }
  return { kind: 'some', clients: clients.slice(0, MAX_REFUSED_CLIENTS) }
}

export function isSame(a: Refusals, b: Refusals): boolean {
  if (a.kind !== 'some' || b.kind !== 'some') return a.kind === b.kind
  const known = new Set(a.clients)
  return a.clients.length === b.clients.length && b.clients.every((client) => known.has(client))
}
