/** How many connections clients of the wire protocol may have, by what the machine lets a process open. Pure. */
import type { ConnectionCaps } from './connection-caps.ts'

/** A client takes two descriptors of this process, which has other uses for the rest. */
const DESCRIPTORS_PER_CLIENT = 4
/** Of one address: connections that have not logged in yet. */
const MAX_PENDING = 1_000

/** Caps of all connections together, of one address, and of those of it that have not logged in. */
export function capsFor({
  connectionsPerClient,
  openFiles,
}: {
  connectionsPerClient: number
  /** Files and connections that a process may have open. */
  openFiles: number
}): ConnectionCaps {
  const total = Math.max(1, Math.floor(openFiles / DESCRIPTORS_PER_CLIENT))
  const perAddress = Math.min(connectionsPerClient, Math.ceil(total / 2))
  return { total, perAddress, pendingPerAddress: Math.min(MAX_PENDING, perAddress) }
}
