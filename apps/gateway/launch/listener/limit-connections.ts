/** Watches the connections of the gateway's port, and has the kernel refuse new ones of clients that have too many. */
import { BlockList, isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { addressIn, type ClientNetwork } from './client-network.ts'
import { ConnectionPace, slowdownOf } from './connection-pace.ts'
import type { Connections } from './listener.ts'
import { type ConnectionCaps, decideRefusals, isSame, type Refusals } from './refusals.ts'
import { socketFilter } from './socket-filter.ts'

export interface ConnectionLimit {
  caps: ConnectionCaps
  /** Addresses and CIDR blocks, separated by commas, that the cap of one client does not apply to. */
  trustedProxies: string
  /** The connections of the gateway's port, where they may be `least` or more; null where they cannot be counted now. */
  count: (least: number) => Promise<Connections | null>
  /** Sets the filter of the listening socket. */
  setFilter: (filter: Buffer) => void
  /** Told when the refusals change. */
  onChange?: (refusals: Refusals) => void
  signal: AbortSignal
}

const PAUSE_MS = 50
/** Counting takes at most a third of a core: it is what keeps a flood of connections from taking all of it. */
const PAUSE_PER_WORK = 2

/** Where connections cannot be counted, as on macOS, none is refused, and the listener asks for the count this rarely. */
const PAUSE_UNKNOWN_MS = 1_000

/** Runs until it is aborted. */
export async function limitConnections(limit: ConnectionLimit): Promise<void> {
  const { caps, signal } = limit
  const isTrusted = trustOf(limit.trustedProxies)
  /** With fewer, no client can be over a cap. */
  const few = Math.min(caps.perClient, caps.comfortable / 2)
  const pace = new ConnectionPace(() => performance.now())
  let refusals: Refusals = { kind: 'none' }
  while (!signal.aborted) {
    const start = performance.now()
    const isLimiting = refusals.kind !== 'none' || pace.share < 1
    const counted = await limit.count(isLimiting ? 0 : few)
    const { opened, total, byClient } = counted ?? { opened: 0, total: 0, byClient: new Map() }
    pace.count(opened)
    for (const client of byClient.keys()) if (isTrusted(client)) byClient.delete(client)
    const next = decideRefusals(byClient, total, caps, refusals)
    const slowdown = slowdownOf(byClient, pace.share)
    const isChange = !isSame(next, refusals)
    // Each time while a client is limited: a listener that was started again has a socket without a filter.
    if (isLimiting || isChange || pace.share < 1) limit.setFilter(socketFilter(next, slowdown))
    if (isChange) limit.onChange?.(next)
    refusals = next
    const pauseMs = counted ? PAUSE_MS : PAUSE_UNKNOWN_MS
    const worked = performance.now() - start
    await sleep(Math.max(pauseMs, worked * PAUSE_PER_WORK), undefined, { signal }).catch(() => undefined)
  }
}

function trustOf(blocks: string): (client: ClientNetwork) => boolean {
  const list = new BlockList()
  for (const block of blocks.split(',').map((part) => part.trim())) {
    const [address = '', bits] = block.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(address) === 0) continue
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (client) => list.check(addressIn(client), client.startsWith('v6:') ? 'ipv6' : 'ipv4')
}
