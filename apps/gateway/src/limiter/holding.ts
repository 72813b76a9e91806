/**
 * What one isolate holds of one key's bucket: pure arithmetic, the clock passed in. Tokens are spent from leases, the
 * oldest first; what a lease still held at its end is told to the object with the next call.
 */
import { Lru } from '../lru.ts'
import { type Closed, type Grant, LEASE_TTL_MS, type LeaseCall } from './bucket.ts'
import { takeReport } from './visitors.ts'

export interface Holding {
  leases: HeldLease[]
  /** Who spent what from leases since the last call. */
  uses: Map<string, number>
  /** Until when a visitor, who has had a share of a key that runs low, is refused without asking. */
  refusedUntil: Lru<number>
  closed: Closed[]
  /** Until then, no request is admitted without a lease: the object said so. */
  deniedUntil: number
  /** Until then, a call that asks for a lease counts as on its way. */
  callingUntil: number
  rate: Rate
}

interface HeldLease {
  id: number
  tokens: number
  expiresAt: number
}

/** Tokens asked for in this second and in the one before. */
interface Rate {
  since: number
  current: number
  previous: number
}

/** A page that loads sends a handful of requests at once: that many are at hand even for a key that is used seldom. */
const LEAST_WANT = 4
/** Part of a second's use to have at hand. */
const WANT_SHARE = 0.7
/** Visitors that an isolate remembers to be refused, or counts between two calls. */
const VISITORS = 200
const CALL_TIMEOUT_MS = 1000
const LONGEST_DENIAL_MS = 1000
/** A lease is renewed in the background once this little of it is left. */
const RENEW_BELOW_SHARE = 0.35

export function newHolding(now: number): Holding {
  return {
    leases: [],
    uses: new Map(),
    refusedUntil: new Lru(VISITORS),
    closed: [],
    deniedUntil: 0,
    callingUntil: 0,
    rate: { since: now, current: 0, previous: 0 },
  }
}

/** Counts a request towards the rate that leases are sized by. */
export function noteUse(holding: Holding, cost: number, now: number): void {
  const { rate } = holding
  const elapsedMs = now - rate.since
  if (elapsedMs >= 1000) {
    rate.previous = elapsedMs < 2000 ? rate.current : 0
    rate.current = 0
    rate.since = now
  }
  rate.current += cost
}

/** What a request takes, and of whom: the names of `visitorsOf`. */
export interface Take {
  cost: number
  visitors: readonly string[]
}

/** Spends from the leases; false, and nothing spent, where they do not hold as much. */
export function spend(holding: Holding, { cost, visitors }: Take, now: number): boolean {
  close(holding, (lease) => lease.expiresAt <= now)
  if (heldTokens(holding) < cost) return false
  let rest = cost
  for (const lease of holding.leases) {
    const part = Math.min(lease.tokens, rest)
    lease.tokens -= part
    rest -= part
    if (rest === 0) break
  }
  close(holding, (lease) => lease.tokens <= 0)
  countVisitors(holding, { cost, visitors })
  return true
}

/** Counts who spent what, for the next call; beyond what is remembered, of no interest to anybody. */
export function countVisitors({ uses }: Holding, { cost, visitors }: Take): void {
  for (const visitor of visitors) {
    const used = uses.get(visitor)
    if (used !== undefined || uses.size < VISITORS) uses.set(visitor, (used ?? 0) + cost)
  }
}

/** Whether the object said that there is nothing for a while, and nothing is left of what it handed out before. */
export function isDenied(holding: Holding, cost: number, now: number): boolean {
  return holding.deniedUntil > now && heldTokens(holding) < cost
}

/** How long a request that found no token has to wait, by what the object said last; 0 where it must be asked. */
export function deniedForMs(holding: Holding, visitors: readonly string[], now: number): number {
  const until = visitors.map((visitor) => holding.refusedUntil.get(visitor) ?? 0)
  return Math.max(0, Math.max(holding.deniedUntil, ...until) - now)
}

/** Whether a call in the background should ask for more before requests have to wait for it. */
export function shouldRenew(holding: Holding, freshUntil: number, now: number): boolean {
  if (holding.callingUntil > now || holding.deniedUntil > now) return false
  return (
    freshUntil - now < LEASE_TTL_MS / 2 || heldTokens(holding) < wantedTokens(holding) * RENEW_BELOW_SHARE
  )
}

/**
 * The call to send now. What it reports is forgotten here: reported twice, it would come back twice. Leases that were
 * not enough for a waiting request go back, so that all there is stands in one place.
 */
export function startCall(holding: Holding, take: Take, now: number): LeaseCall {
  const { cost: need, visitors } = take
  close(holding, (lease) => need > 0 || lease.expiresAt <= now)
  const isOnlyCall = holding.callingUntil <= now
  const call: LeaseCall = {
    need,
    want: isOnlyCall ? Math.max(0, wantedTokens(holding) - heldTokens(holding)) : 0,
    closed: holding.closed,
    visitors,
    uses: takeReport(holding.uses),
  }
  if (isRenewal(call)) holding.callingUntil = now + CALL_TIMEOUT_MS
  holding.closed = []
  return call
}

/** Tokens that a waiting request was granted; it spends them or gives them back. */
export interface Prepaid {
  id: number
  tokens: number
}

/**
 * Takes up what the object granted to a call sent at `sentAt`; null where the waiting request is not admitted. `random`
 * is in [0, 1): isolates that were denied together do not ask again together.
 */
export function finishCall(
  holding: Holding,
  call: LeaseCall,
  granted: Grant,
  time: { sentAt: number; now: number },
  random: number,
): Prepaid | null {
  if (isRenewal(call)) holding.callingUntil = 0
  if (granted.lease) holding.leases.push({ ...granted.lease, expiresAt: time.sentAt + LEASE_TTL_MS })
  close(holding, (lease) => lease.expiresAt <= time.now)
  if (granted.needId === null) {
    const waitMs = Math.min(granted.retryAfterMs, LONGEST_DENIAL_MS) * (0.5 + random / 2)
    deny(holding, call, granted, time.now + waitMs)
    return null
  }
  const prepaid = { id: granted.needId, tokens: call.need }
  if (time.now < time.sentAt + LEASE_TTL_MS) return prepaid
  // The reply came so late that the object no longer counts its tokens as out.
  giveBack(holding, prepaid, prepaid.tokens)
  return null
}

function deny(holding: Holding, call: LeaseCall, { refused }: Grant, until: number): void {
  if (refused === 'visitors') for (const visitor of call.visitors) holding.refusedUntil.set(visitor, until)
  else holding.deniedUntil = until
}

/** `unspent` of what was prepaid goes back to the bucket with the next call. */
export function giveBack(holding: Holding, prepaid: Prepaid, unspent: number): void {
  if (unspent > 0) holding.closed.push({ id: prepaid.id, unspent })
}

/** One such call at a time is enough; others ask for what a request needs. */
function isRenewal({ need, want }: LeaseCall): boolean {
  return need === 0 || want > 0
}

function wantedTokens({ rate }: Holding): number {
  return Math.max(LEAST_WANT, Math.ceil(Math.max(rate.previous, rate.current) * WANT_SHARE))
}

function heldTokens(holding: Holding): number {
  return holding.leases.reduce((sum, { tokens }) => sum + tokens, 0)
}

function close(holding: Holding, isOver: (lease: HeldLease) => boolean): void {
  if (!holding.leases.some(isOver)) return
  for (const lease of holding.leases) {
    if (isOver(lease)) holding.closed.push({ id: lease.id, unspent: lease.tokens })
  }
  holding.leases = holding.leases.filter((lease) => !isOver(lease))
}
