/**
 * Who spends a key: its visitors, by address and by `sub`. A publishable key is public, so the usual abuse is one visitor
 * who eats what all share. While the bucket is nearly empty and others are about, one visitor gets at most half of what is
 * left; the rest stays for whoever comes next. Pure arithmetic, the clock passed in.
 */

import { networkOf } from '../address.ts'

/** Tokens that a visitor took since the last report. */
export type VisitorUse = [visitor: string, tokens: number]

/** What the object remembers of a key's visitors: the one seen longest ago is forgotten first. */
export interface Visitors {
  seen: Map<string, Seen>
}

interface Seen {
  /** Tokens taken lately: halved every HALF_LIFE_MS. */
  used: number
  at: number
}

/** Below this part of `burst`, one visitor's share is bounded. */
export const SCARCE_SHARE = 0.2
const VISITOR_SHARE = 0.5
const HALF_LIFE_MS = 1_000
/** A visitor counts as being about for this long. */
const ABOUT_MS = 10_000
const CAPACITY = 5_000
const LONGEST_REPORT = 32

export function newVisitors(): Visitors {
  return { seen: new Map() }
}

export function countUse({ seen }: Visitors, uses: readonly VisitorUse[], now: number): void {
  for (const [visitor, tokens] of uses) {
    const used = usedLately(seen.get(visitor), now) + tokens
    // The latest stands last.
    seen.delete(visitor)
    seen.set(visitor, { used, at: now })
  }
  for (const [visitor, { at }] of seen) {
    if (seen.size <= CAPACITY && now - at <= ABOUT_MS) break
    seen.delete(visitor)
  }
}

/** Whether a request of these visitors may take `cost` of the `left` tokens of a nearly empty bucket. */
export function mayTake(
  visitors: Visitors,
  of: readonly string[],
  { cost, left }: { cost: number; left: number },
  now: number,
): boolean {
  const bound = left * VISITOR_SHARE
  return of.every((visitor) => usedLately(visitors.seen.get(visitor), now) + cost <= bound)
}

/** Whether two addresses or two subjects are about, whoever is `asking` among them: alone, one may have all there is. */
export function isShared({ seen }: Visitors, asking: readonly string[], now: number): boolean {
  const about = new Map(asking.map((visitor) => [kindOf(visitor), visitor]))
  for (const [visitor, { at }] of seen) {
    if (now - at > ABOUT_MS) continue
    const other = about.get(kindOf(visitor))
    if (other !== undefined && other !== visitor) return true
    about.set(kindOf(visitor), visitor)
  }
  return false
}

/** The names under which a caller is counted: `a:` and an address (an IPv6 one by its /64), `s:` and a subject. */
export function visitorsOf(address: string | null, subject: unknown): string[] {
  const names = address === null ? [] : [`a:${networkOf(address)}`]
  return typeof subject === 'string' ? [...names, `s:${subject}`] : names
}

function kindOf(visitor: string): string {
  return visitor.slice(0, 2)
}

function usedLately(seen: Seen | undefined, now: number): number {
  return seen ? seen.used * 0.5 ** (Math.max(0, now - seen.at) / HALF_LIFE_MS) : 0
}

/** The heaviest of an isolate's counts, for the next call; they start again from nothing. */
export function takeReport(counts: Map<string, number>): VisitorUse[] {
  const report = [...counts].sort(([, left], [, right]) => right - left).slice(0, LONGEST_REPORT)
  counts.clear()
  return report
}
