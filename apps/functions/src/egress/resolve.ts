/** Looks up names at the name servers of this machine. */
import { Resolver } from 'node:dns/promises'

export interface Address {
  address: string
  family: number
}

export interface ResolveOptions {
  /** Instead of those of the machine. */
  servers?: string[]
  limitMs?: number
}

const TRIES = 2
const TRY_MS = 2_000
const LIMIT_MS = 5_000

/**
 * All addresses of a name. Rejects where there are none in time. Not by `lookup`, which holds a thread of the few that all of this process
 * share for as long as a name server likes; so the machine's file of hosts counts for nothing.
 */
export async function resolveAll(
  name: string,
  { servers, limitMs = LIMIT_MS }: ResolveOptions = {},
): Promise<Address[]> {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES })
  if (servers) resolver.setServers(servers)
  const timer = setTimeout(() => resolver.cancel(), limitMs)
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
    return [...toAddresses(v4, 4), ...toAddresses(v6, 6)]
  } finally {
    clearTimeout(timer)
  }
}

function toAddresses(found: PromiseSettledResult<string[]>, family: number): Address[] {
  return found.status === 'rejected' ? [] : found.value.map((address) => ({ address, family }))
}
