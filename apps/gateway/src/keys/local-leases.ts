/**
 * The leases of one isolate on one key's bucket. Pure arithmetic: the clock is passed in. The isolate spends tokens from
 * its leases, the oldest first; the next call to the key object reports the tokens that a lease still had at its end.
 */
import { Lru } from '../lru.ts'
import { type Closed, type Grant, LEASE_TTL_MS, type LeaseCall } from './bucket.ts'
import { takeReport } from './fair-share.ts'

export interface LocalLeases {
  leases: LocalLease[]
  /** Tokens by caller that were spent from leases since the last call. */
  uses: Map<string, number>
  /** By caller: until when it is refused without a call, since it has had its fair share. */
  refusedUntil: Lru<number>
  closed: Closed[]
  /** Until then, requests without tokens in a lease are refused: the object said that it has none. */
  deniedUntil: number
  /** Until then, a call that asks for a lease counts as pending. */
  callingUntil: number
  rate: Rate
}

interface LocalLease {
  id: number
  tokens: number
  expiresAt: number
}

/** Tokens that requests took in this second and in the one before. */
interface Rate {
  since: number
  current: number
  previous: number
}

/** The smallest lease to ask for: a page that loads sends a few requests at once. */
const LEAST_WANT = 4
/** The part of a second's use that a lease should cover. */
const WANT_SHARE = 0.7
/** How many callers an isolate remembers as refused, and how many it counts between two calls. */
const MAX_CALLERS = 200
const CALL_TIMEOUT_MS = 1000
const LONGEST_DENIAL_MS = 1000
/** A lease is renewed in the background once this little of it is left. */
const RENEW_BELOW_SHARE = 0.35

export function newLocalLeases(now: number): LocalLeases {
  return {
    leases: [],
    uses: new Map(),
    refusedUntil: new Lru(MAX_CALLERS),
    closed: [],
    deniedUntil: 0,
    callingUntil: 0,
    rate: { since: now, current: 0, previous: 0 },
  }
}

/** Counts a request towards the rate that decides the size of leases. */
export function noteUse(local: LocalLeases, cost: number, now: number): void {
  const { rate } = local
  const elapsedMs = now - rate.since
  if (elapsedMs >= 1000) {
    rate.previous = elapsedMs < 2000 ? rate.current : 0
    rate.current = 0
    rate.since = now
  }
  rate.current += cost
}

/** What a request takes, and for which callers (the names of `callersOf`). */
export interface Take {
  cost: number
  callers: readonly string[]
}

/** Spends from the leases. False where they have too few tokens; nothing is spent then. */
export function spend(local: LocalLeases, { cost, callers }: Take, now: number): boolean {
  close(local, (lease) => lease.expiresAt <= now)
  if (heldTokens(local) < cost) return false
  let rest = cost
  for (const lease of local.leases) {
    const part = Math.min(lease.tokens, rest)
    lease.tokens -= part
    rest -= part
    if (rest === 0) break
  }
  close(local, (lease) => lease.tokens <= 0)
  countCallers(local, { cost, callers })
  return true
}

/** Counts tokens by caller for the next call. Callers beyond `MAX_CALLERS` are not counted. */
export function countCallers({ uses }: LocalLeases, { cost, callers }: Take): void {
  for (const caller of callers) {
    const used = uses.get(caller)
    if (used !== undefined || uses.size < MAX_CALLERS) uses.set(caller, (used ?? 0) + cost)
  }
}

/** Whether the object said that it has no tokens for a while, and the leases have too few. */
export function isDenied(local: LocalLeases, cost: number, now: number): boolean {
  return local.deniedUntil > now && heldTokens(local) < cost
}

/** How many ms a request without a token has to wait, by the object's last reply; 0 where the object must be asked. */
export function deniedForMs(local: LocalLeases, callers: readonly string[], now: number): number {
  const until = callers.map((caller) => local.refusedUntil.get(caller) ?? 0)
  return Math.max(0, Math.max(local.deniedUntil, ...until) - now)
}

/** Whether to ask for more tokens in the background now, before requests have to wait for them. */
export function shouldRenew(local: LocalLeases, freshUntil: number, now: number): boolean {
  if (local.callingUntil > now || local.deniedUntil > now) return false
  return freshUntil - now < LEASE_TTL_MS / 2 || heldTokens(local) < wantedTokens(local) * RENEW_BELOW_SHARE
}

/**
 * The call to send now. What it reports is removed here: reported twice, it would be returned twice. Leases that had too
 * few tokens for a waiting request go back, so that all free tokens are in the bucket.
 */
export function startCall(local: LocalLeases, take: Take, now: number): LeaseCall {
  const { cost: need, callers } = take
  close(local, (lease) => need > 0 || lease.expiresAt <= now)
  const isOnlyCall = local.callingUntil <= now
  const call: LeaseCall = {
    need,
    want: isOnlyCall ? Math.max(0, wantedTokens(local) - heldTokens(local)) : 0,
    closed: local.closed,
    callers,
    uses: takeReport(local.uses),
  }
  if (isRenewal(call)) local.callingUntil = now + CALL_TIMEOUT_MS
  local.closed = []
  return call
}

/** Tokens that the object granted to a waiting request, which spends them or gives them back. */
export interface Prepaid {
  id: number
  tokens: number
}

/**
 * Applies the object's reply to a call that was sent at `sentAt`. Null where the waiting request is not admitted. `random`
 * is in [0, 1): it spreads the next calls of isolates that were denied together.
 */
export function finishCall(
  local: LocalLeases,
  call: LeaseCall,
  granted: Grant,
  time: { sentAt: number; now: number },
  random: number,
): Prepaid | null {
  if (isRenewal(call)) local.callingUntil = 0
  if (granted.lease) local.leases.push({ ...granted.lease, expiresAt: time.sentAt + LEASE_TTL_MS })
  close(local, (lease) => lease.expiresAt <= time.now)
  if (granted.needId === null) {
    const waitMs = Math.min(granted.retryAfterMs, LONGEST_DENIAL_MS) * (0.5 + random / 2)
    deny(local, call, granted, time.now + waitMs)
    return null
  }
  const prepaid = { id: granted.needId, tokens: call.need }
  if (time.now < time.sentAt + LEASE_TTL_MS) return prepaid
  // The reply came too late: the object no longer counts its tokens as out.
  returnTokens(local, prepaid, prepaid.tokens)
  return null
}

function deny(local: LocalLeases, call: LeaseCall, { refused }: Grant, until: number): void {
  if (refused === 'callers') for (const caller of call.callers) local.refusedUntil.set(caller, until)
  else local.deniedUntil = until
}

/** Returns `unspent` prepaid tokens to the bucket with the next call. */
export function returnTokens(local: LocalLeases, prepaid: Prepaid, unspent: number): void {
  if (unspent > 0) local.closed.push({ id: prepaid.id, unspent })
}

/** Whether the call asks for a lease. One such call at a time is enough; others ask for one request's tokens. */
function isRenewal({ need, want }: LeaseCall): boolean {
  return need === 0 || want > 0
}

function wantedTokens({ rate }: LocalLeases): number {
  return Math.max(LEAST_WANT, Math.ceil(Math.max(rate.previous, rate.current) * WANT_SHARE))
}

function heldTokens(local: LocalLeases): number {
  return local.leases.reduce((sum, { tokens }) => sum + tokens, 0)
}

function close(local: LocalLeases, isOver: (lease: LocalLease) => boolean): void {
  if (!local.leases.some(isOver)) return
  for (const lease of local.leases) {
    if (isOver(lease)) local.closed.push({ id: lease.id, unspent: lease.tokens })
  }
  local.leases = local.leases.filter((lease) => !isOver(lease))
}
