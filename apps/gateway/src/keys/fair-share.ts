/**
 * Fair share: what one caller may take of a bucket that runs low. A publishable key is public, so the usual abuse is one
 * caller who uses up what all share. While the bucket is nearly empty and other callers are active, one caller gets at most
 * half of what is left; the rest stays for the next ones. Pure arithmetic: the clock is passed in.
 *
 * A caller is counted under its address and under its `sub`: see `callersOf`.
 */

import { networkOf } from '../http/address.ts'

/** Tokens that a caller took since the last report. */
export type CallerUse = [caller: string, tokens: number]

/** What the key object remembers of a key's callers. It forgets the one that it saw longest ago first. */
export interface FairShare {
  seen: Map<string, Seen>
}

interface Seen {
  /** Tokens taken lately: halved every HALF_LIFE_MS. */
  used: number
  at: number
}

/** Below this part of `burst`, the share of one caller is bounded. */
export const SCARCE_SHARE = 0.2
const CALLER_SHARE = 0.5
const HALF_LIFE_MS = 1_000
/** A caller counts as active for this long after a request. */
const ACTIVE_MS = 10_000
const CAPACITY = 5_000
const LONGEST_REPORT = 32

export function newFairShare(): FairShare {
  return { seen: new Map() }
}

export function countUse({ seen }: FairShare, uses: readonly CallerUse[], now: number): void {
  for (const [caller, tokens] of uses) {
    const used = usedLately(seen.get(caller), now) + tokens
    // The map stays ordered by time: the latest caller is its last entry.
    seen.delete(caller)
    seen.set(caller, { used, at: now })
  }
  for (const [caller, { at }] of seen) {
    if (seen.size <= CAPACITY && now - at <= ACTIVE_MS) break
    seen.delete(caller)
  }
}

/** Whether a request of these callers may take `cost` of the `left` tokens of a nearly empty bucket. */
export function mayTake(
  share: FairShare,
  callers: readonly string[],
  { cost, left }: { cost: number; left: number },
  now: number,
): boolean {
  const bound = left * CALLER_SHARE
  return callers.every((caller) => usedLately(share.seen.get(caller), now) + cost <= bound)
}

/** Whether two addresses or two subjects are active, the `asking` ones included. A single caller may have everything. */
export function isShared({ seen }: FairShare, asking: readonly string[], now: number): boolean {
  const active = new Map(asking.map((caller) => [kindOf(caller), caller]))
  for (const [caller, { at }] of seen) {
    if (now - at > ACTIVE_MS) continue
    const other = active.get(kindOf(caller))
    if (other !== undefined && other !== caller) return true
    active.set(kindOf(caller), caller)
  }
  return false
}

/** The names under which a caller is counted: `a:` and an address (an IPv6 one by its /64), `s:` and a subject. */
export function callersOf(address: string | null, subject: unknown): string[] {
  const names = address === null ? [] : [`a:${networkOf(address)}`]
  return typeof subject === 'string' ? [...names, `s:${subject}`] : names
}

function kindOf(caller: string): string {
  return caller.slice(0, 2)
}

function usedLately(seen: Seen | undefined, now: number): number {
  return seen ? seen.used * 0.5 ** (Math.max(0, now - seen.at) / HALF_LIFE_MS) : 0
}

/** The callers with the most tokens among an isolate's counts, for its next call. The counts start again at zero. */
export function takeReport(counts: Map<string, number>): CallerUse[] {
  const report = [...counts].sort(([, left], [, right]) => right - left).slice(0, LONGEST_REPORT)
  counts.clear()
  return report
}
