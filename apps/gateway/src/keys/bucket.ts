/**
 * The token bucket of one key, as its key object keeps it. Pure arithmetic: the clock is passed in.
 *
 * In any window of T seconds at most `burst + rps·T` requests pass, over any number of isolates. The tokens in the bucket
 * and the tokens out on leases never exceed `burst` together, because the bucket refills only to `burst − out`. All tokens
 * of a lease count as out until its isolate reports it, or until the isolate can no longer spend from it.
 */
import type { RateLimit } from '@db9/types/internal'
import {
  type CallerUse,
  countUse,
  type FairShare,
  isShared,
  mayTake,
  newFairShare,
  SCARCE_SHARE,
} from './fair-share.ts'

/** How long an isolate may spend from a lease, counted on its own clock from sending the call. */
export const LEASE_TTL_MS = 1000
/** How much longer the object counts a lease that was not reported: the two clocks differ. */
const LEASE_GRACE_MS = 250
/** The tokens of a waiting request count as out for this long: the time that the reply travels. */
const REPLY_HOLD_MS = 50
/** A caller who has had a share of a scarce bucket waits for this long. */
const CALLER_WAIT_MS = 500

export interface LeaseCall {
  /** Tokens for a waiting request; all or none are granted. 0 where no request waits. */
  need: number
  /** Tokens for a lease: what the isolate expects to spend in the next second. */
  want: number
  /** Leases that the isolate will no longer spend from, and needs that were not spent after all. */
  closed: Closed[]
  /** The callers of the waiting request. */
  callers: readonly string[]
  /** Tokens by caller that this isolate spent from leases since its last call. */
  uses: readonly CallerUse[]
}

/** A call for tokens that names no caller. */
export function plainCall(need: number): LeaseCall {
  return { need, want: 0, closed: [], callers: [], uses: [] }
}

export interface Closed {
  id: number
  unspent: number
}

export interface Grant {
  /** Names the tokens of `need`; null where they were not granted. */
  needId: number | null
  lease: { id: number; tokens: number } | null
  /** After how many ms `need` could be granted; 0 where it was granted. */
  retryAfterMs: number
  /** Whose requests are refused now: none, those of all callers, or those of this call's callers alone. */
  refused: 'none' | 'all' | 'callers'
}

export interface Bucket {
  tokens: number
  /** Milliseconds; never goes back. */
  updatedAt: number
  out: Out[]
  nextId: number
  fairShare: FairShare
}

interface Out {
  id: number
  kind: 'lease' | 'need'
  tokens: number
  until: number
}

export function newBucket(limit: RateLimit, now: number): Bucket {
  return { tokens: limit.burst, updatedAt: now, out: [], nextId: 1, fairShare: newFairShare() }
}

/** Changes the bucket by one call and says what it grants. */
export function grant(bucket: Bucket, limit: RateLimit, call: LeaseCall, now: number): Grant {
  refill(bucket, limit, now)
  takeBack(bucket, limit, call)
  const { need, callers } = call
  countUse(bucket.fairShare, call.uses, bucket.updatedAt)
  if (bucket.tokens < need) {
    const retryAfterMs = Math.ceil(((need - bucket.tokens) / limit.rps) * 1000)
    return { needId: null, lease: null, retryAfterMs, refused: 'all' }
  }
  // A shared bucket that runs low gives no leases: the object grants each request by itself.
  const isScarce =
    bucket.tokens < limit.burst * SCARCE_SHARE && isShared(bucket.fairShare, callers, bucket.updatedAt)
  const taking = { cost: need, left: bucket.tokens }
  if (isScarce && need > 0 && !mayTake(bucket.fairShare, callers, taking, bucket.updatedAt)) {
    return { needId: null, lease: null, retryAfterMs: CALLER_WAIT_MS, refused: 'callers' }
  }
  countUse(
    bucket.fairShare,
    callers.map((caller) => [caller, need]),
    bucket.updatedAt,
  )
  const needId = hand(bucket, 'need', need, replyHoldMs(limit))
  const tokens = isScarce ? 0 : leaseSize(bucket, limit, call.want)
  const lease =
    tokens > 0 ? { id: hand(bucket, 'lease', tokens, LEASE_TTL_MS + LEASE_GRACE_MS), tokens } : null
  return { needId, lease, retryAfterMs: 0, refused: 'none' }
}

function hand(bucket: Bucket, kind: Out['kind'], tokens: number, forMs: number): number {
  const id = bucket.nextId++
  bucket.tokens -= tokens
  if (tokens > 0) bucket.out.push({ id, kind, tokens, until: bucket.updatedAt + forMs })
  return id
}

/** Refills up to now, in steps: each lease that ended meanwhile makes room from its own end on. */
function refill(bucket: Bucket, limit: RateLimit, now: number): void {
  bucket.out.sort((left, right) => left.until - right.until)
  for (let first = bucket.out[0]; first && first.until <= now; first = bucket.out[0]) {
    advance(bucket, limit, first.until)
    bucket.out.shift()
  }
  advance(bucket, limit, now)
}

function advance(bucket: Bucket, limit: RateLimit, now: number): void {
  const elapsedMs = Math.max(0, now - bucket.updatedAt)
  bucket.tokens = Math.min(bucket.tokens + (elapsedMs / 1000) * limit.rps, room(bucket, limit))
  bucket.updatedAt += elapsedMs
}

/** Returns tokens that were never spent. A late report is fine: they counted as spent until now. */
function takeBack(bucket: Bucket, limit: RateLimit, call: LeaseCall): void {
  const closed = new Set(call.closed.map(({ id }) => id))
  bucket.out = bucket.out.filter(({ id }) => !closed.has(id))
  const unspent = call.closed.reduce((sum, closing) => sum + closing.unspent, 0)
  bucket.tokens = Math.min(bucket.tokens + unspent, room(bucket, limit))
}

/** At most half of `burst` is out on leases, and one isolate gets at most a quarter of what is left. */
function leaseSize(bucket: Bucket, limit: RateLimit, want: number): number {
  const leased = bucket.out.reduce((sum, { kind, tokens }) => sum + (kind === 'lease' ? tokens : 0), 0)
  return Math.max(0, Math.floor(Math.min(want, limit.burst / 2 - leased, bucket.tokens / 4)))
}

function room(bucket: Bucket, limit: RateLimit): number {
  return Math.max(0, limit.burst - bucket.out.reduce((sum, { tokens }) => sum + tokens, 0))
}

/** Shorter for a small bucket with a high rate, which would otherwise refill too late. */
function replyHoldMs(limit: RateLimit): number {
  return Math.min(REPLY_HOLD_MS, (250 * limit.burst) / limit.rps)
}

/** What the object stores of a bucket, to go on from after a restart. */
export interface SavedBucket {
  tokens: number
  out: number
  at: number
  nextId: number
}

export function saveBucket(bucket: Bucket): SavedBucket {
  const out = bucket.out.reduce((sum, { tokens }) => sum + tokens, 0)
  return { tokens: bucket.tokens, out, at: bucket.updatedAt, nextId: bucket.nextId }
}

/** The bucket of an object that starts again. Tokens that were out stay out while an isolate may still spend them. */
export function restoreBucket(saved: SavedBucket, now: number): Bucket {
  const until = saved.at + LEASE_TTL_MS + LEASE_GRACE_MS
  const out: Out[] = saved.out > 0 && until > now ? [{ id: 0, kind: 'need', tokens: saved.out, until }] : []
  // Ids that were given out after the last save must not be used again.
  const nextId = saved.nextId + 1_000_000
  return { tokens: saved.tokens, updatedAt: saved.at, out, nextId, fairShare: newFairShare() }
}
