/** How many connections clients of the gateway may have, by what the machine lets a process open. Pure. */

/** What the figures come from. */
export interface ConnectionRoom {
  /** Files and connections that a process may have open. */
  openFiles: number
  /** Connections that one client may have at most, as it is configured. */
  connectionsPerClient: number
}

/** Descriptors that workerd needs beside those of its clients. */
const OWN_DESCRIPTORS = 512
/** Of a connection in workerd: two of its own, and as many of the one to a part behind the gateway while it is asked. */
const DESCRIPTORS_PER_CONNECTION = 4
/** The rest is for connections that are made between two counts. */
const SHARES = { comfortable: 0.6, total: 0.9 }

/**
 * Caps of the gateway's connections: of one client, of all together up to which each client may have its cap, and of all at
 * which everybody is refused.
 */
export function gatewayCaps({ connectionsPerClient, openFiles }: ConnectionRoom) {
  const possible = Math.max(16, (openFiles - OWN_DESCRIPTORS) / DESCRIPTORS_PER_CONNECTION)
  const comfortable = Math.floor(possible * SHARES.comfortable)
  return {
    perClient: Math.min(connectionsPerClient, Math.ceil(comfortable / 2)),
    comfortable,
    total: Math.floor(possible * SHARES.total),
  }
}
