/**
 * The pace at which the gateway accepts connections. Each new one takes work before its first request can be refused, so a
 * client that opens thousands at once makes others wait. While connections are opened too fast, only a share of those of the
 * heaviest clients is accepted: the share falls at once, and rises slowly, as congestion control does (RFC 5681). Pure.
 */
import type { ClientNetwork } from './client-network.ts'

/** New connections that a gateway accepts each second in the long run, and how many at once. A busy core makes some 2,000. */
const PER_SECOND = 500
const BURST = 250
/** The least share that is accepted, and how much it rises from one count to the next. */
const LEAST_SHARE = 1 / 64
const RISE = 1.1
/** What a browser opens to a server, and a bit: a client with so few is never slowed down. */
const FEW_CONNECTIONS = 8
/** Clients with this share of the heaviest client's connections, or more, are heavy. */
const HEAVY_SHARE = 0.25
/** Clients that a filter has room for, beside those that are refused. */
const MAX_SLOWED_CLIENTS = 200

/** Clients of whose new connections only this share is accepted. */
export interface Slowdown {
  clients: readonly ClientNetwork[]
  share: number
}

export class ConnectionPace {
  readonly #now: () => number
  #tokens = BURST
  #share = 1
  #countedAt: number

  /** `now` is in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
    this.#countedAt = now()
  }

  /** Takes the number of connections that were opened since the last call. */
  count(opened: number): void {
    const now = this.#now()
    const due = ((now - this.#countedAt) / 1_000) * PER_SECOND
    this.#countedAt = now
    this.#tokens = Math.min(BURST, this.#tokens + due) - opened
    if (this.#share === 1 && this.#tokens >= 0) return
    const wanted = (this.#share * due) / Math.max(1, opened)
    this.#share = Math.min(1, Math.max(LEAST_SHARE, Math.min(wanted, this.#share * RISE)))
    this.#tokens = this.#share === 1 ? BURST : 0
  }

  /** The share of new connections that heavy clients may open now: 1 is all. */
  get share(): number {
    return this.#share
  }
}

/** The heaviest clients by their connections; none while `share` is 1. */
export function slowdownOf(counts: ReadonlyMap<ClientNetwork, number>, share: number): Slowdown {
  if (share === 1) return { clients: [], share }
  const ordered = [...counts].sort(([, a], [, b]) => b - a)
  const least = Math.max(FEW_CONNECTIONS, (ordered[0]?.[1] ?? 0) * HEAVY_SHARE)
  const clients = ordered.filter(([, count]) => count >= least).map(([client]) => client)
  return { clients: clients.slice(0, MAX_SLOWED_CLIENTS), share }
}
