/** Decides whose new connections are refused, from how many connections each client has. Pure. */
import type { ClientNetwork } from './client-network.ts'

export interface ConnectionCaps {
  /** Connections that one client may have. */
  perClient: number
  /** Connections of all together up to which each client may have its cap; beyond, those with many are refused. */
  comfortable: number
}

export type Refusals = { kind: 'none' } | { kind: 'some'; clients: readonly ClientNetwork[] }

/** What a browser opens to a server, and a bit: a client with so few is not refused here. */
const FEW_CONNECTIONS = 8
/** A client that is refused is let in again below this share of the cap: not at each connection that ends. */
const READMIT_SHARE = 0.8
/** Clients that one filter of a socket has room for (BPF_MAXINSNS is 4,096; a client takes up to 5 instructions). */
export const MAX_REFUSED_CLIENTS = 400

/**
 * A client may have as many connections as are still comfortable for all, and never more than its cap: the heaviest clients are
 * refused first while connections fill up, and a client with few is served (dynamic thresholds; Choudhury and Hahne, 1998).
 *
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
  const threshold = Math.max(FEW_CONNECTIONS, Math.min(caps.perClient, caps.comfortable - total))
  const refused = new Set(before.kind === 'some' ? before.clients : [])
  const clients = [...counts]
    .filter(([client, count]) => count >= threshold * (refused.has(client) ? READMIT_SHARE : 1))
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
