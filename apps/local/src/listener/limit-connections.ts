/** Watches the connections of the gateway's port, and has the kernel refuse new ones of whoever has too many. */
import { readFile } from 'node:fs/promises'
import { BlockList, isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionCaps, decideRefusals, isSame, type Refusals } from './refusals.ts'
import { socketFilter } from './socket-filter.ts'
import { addressIn, type ClientNetwork, countConnections } from './socket-table.ts'

export interface ConnectionLimit {
  /** The port that the gateway listens on. */
  port: number
  caps: ConnectionCaps
  /** Addresses and CIDR blocks, separated by commas, that the cap of one client does not apply to. */
  trustedProxies: string
  /** Sets the filter of the listening socket. */
  setFilter: (filter: Buffer) => void
  /** Told when the refusals change. */
  onChange?: (refusals: Refusals) => void
  signal: AbortSignal
}

const PAUSE_MS = 100
/** The watch takes at most one part in so many of a core. */
const PAUSE_PER_WORK = 20
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

/** Runs until it is aborted. Where the system has no such tables (macOS), it ends at once and nothing is limited. */
export async function limitConnections(limit: ConnectionLimit): Promise<void> {
  const { caps, signal } = limit
  const isTrusted = trustOf(limit.trustedProxies)
  let refusals: Refusals = { kind: 'none' }
  try {
    while (!signal.aborted) {
      const start = performance.now()
      // One short line tells that nobody can be over a cap; the tables are read only where somebody may be.
      if (refusals.kind !== 'none' || (await socketsInUse()) >= caps.perClient) {
        const { counts, total } = await countClients(limit.port, isTrusted)
        const next = decideRefusals(counts, total, caps, refusals)
        const isChange = !isSame(next, refusals)
        // Each time while somebody is refused: a listener that was started again has a socket without a filter.
        if (isChange || next.kind !== 'none') limit.setFilter(socketFilter(next))
        if (isChange) limit.onChange?.(next)
        refusals = next
      }
      const worked = performance.now() - start
      await sleep(Math.max(PAUSE_MS, worked * PAUSE_PER_WORK), undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** TCP sockets of both families on this machine. */
async function socketsInUse(): Promise<number> {
  const text = `${await readFile('/proc/net/sockstat', 'utf8')}${await readFile('/proc/net/sockstat6', 'utf8').catch(() => '')}`
  let sum = 0
  for (const [, count] of text.matchAll(/^TCP6?: inuse (\d+)/gm)) sum += Number(count)
  return sum
}

async function countClients(
  port: number,
  isTrusted: (client: ClientNetwork) => boolean,
): Promise<{ counts: Map<ClientNetwork, number>; total: number }> {
  const counts = new Map<ClientNetwork, number>()
  for (const path of TABLES) {
    countConnections(await readFile(path).catch(() => Buffer.alloc(0)), port, counts)
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  for (const client of counts.keys()) if (isTrusted(client)) counts.delete(client)
  return { counts, total }
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
