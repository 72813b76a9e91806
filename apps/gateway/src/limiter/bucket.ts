/**
 * The bucket of one key, as its Durable Object keeps it: pure arithmetic, the clock passed in.
 *
 * In any window of T seconds at most `burst + rps·T` requests pass, whatever the number of isolates, because what lies
 * in the bucket and what is out on lease never exceed `burst` together: the bucket refills only to `burst − out`. A
 * lease is out, whole, until it is reported or until its isolate can no longer spend from it.
 */
import type { RateLimit } from '@db9/types/internal'
import {
  countUse,
  isShared,
  mayTake,
  newVisitors,
  SCARCE_SHARE,
  type Visitors,
  type VisitorUse,
} from './visitors.ts'

/** How long an isolate may spend from a lease, counted on its own clock from sending the call. */
export const LEASE_TTL_MS = 1000
/** How much longer the object counts a lease that nobody reported: the two clocks differ. */
const LEASE_GRACE_MS = 250
/** The tokens of a waiting request count as out this long, the way of the reply. */
const REPLY_HOLD_MS = 50
/** A visitor who has had a share comes again after this. */
const VISITOR_WAIT_MS = 500

export interface LeaseCall {
  /** Tokens for a request that waits; all or none. 0 where no request does. */
  need: number
  /** Tokens to have at hand for the next second. */
  want: number
  /** Leases that the isolate will no longer spend from, and needs that were not spent after all. */
  closed: Closed[]
  /** Whose request waits. */
  visitors: readonly string[]
  /** Who spent what from this isolate's leases since its last call. */
  uses: readonly VisitorUse[]
}

/** A call for tokens alone, of nobody in particular. */
export function plainCall(need: number): LeaseCall {
  return { need, want: 0, closed: [], visitors: [], uses: [] }
}

export interface Closed {
  id: number
  unspent: number
}

export interface Grant {
  /** Names the tokens of `need`; null where they were not granted. */
  needId: number | null
  lease: { id: number; tokens: number } | null
  /** When `need` could be granted; 0 where it was. */
  retryAfterMs: number
  /** Whose `need` was refused: everybody's, or that of this call's visitors alone. */
  refused: 'nobody' | 'everybody' | 'visitors'
}

export interface Bucket {
  tokens: number
  /** Milliseconds; never goes back. */
  updatedAt: number
  out: Out[]
  nextId: number
  visitors: Visitors
}

interface Out {
  id: number
  kind: 'lease' | 'need'
  tokens: number
  until: number
}

export function newBucket(limit: RateLimit, now: number): Bucket {
  return { tokens: limit.burst, updatedAt: now, out: [], nextId: 1, visitors: newVisitors() }
}

/** Changes the bucket by one call and says what it grants. */
export function grant(bucket: Bucket, limit: RateLimit, call: LeaseCall, now: number): Grant {
  refill(bucket, limit, now)
  takeBack(bucket, limit, call)
  const { need, visitors: of } = call
  countUse(bucket.visitors, call.uses, bucket.updatedAt)
  if (bucket.tokens < need) {
    const retryAfterMs = Math.ceil(((need - bucket.tokens) / limit.rps) * 1000)
    return { needId: null, lease: null, retryAfterMs, refused: 'everybody' }
  }
  // What is left of a bucket that is shared is handed out here alone, request by request.
  const isScarce =
    bucket.tokens < limit.burst * SCARCE_SHARE && isShared(bucket.visitors, of, bucket.updatedAt)
  const taking = { cost: need, left: bucket.tokens }
  if (isScarce && need > 0 && !mayTake(bucket.visitors, of, taking, bucket.updatedAt)) {
    return { needId: null, lease: null, retryAfterMs: VISITOR_WAIT_MS, refused: 'visitors' }
  }
  countUse(
    bucket.visitors,
    of.map((visitor) => [visitor, need]),
    bucket.updatedAt,
  )
  const needId = hand(bucket, 'need', need, replyHoldMs(limit))
  const tokens = isScarce ? 0 : leaseSize(bucket, limit, call.want)
  const lease =
    tokens > 0 ? { id: hand(bucket, 'lease', tokens, LEASE_TTL_MS + LEASE_GRACE_MS), tokens } : null
  return { needId, lease, retryAfterMs: 0, refused: 'nobody' }
}

function hand(bucket: Bucket, kind: Out['kind'], tokens: number, forMs: number): number {
  const id = bucket.nextId++
  bucket.tokens -= tokens
  if (tokens > 0) bucket.out.push({ id, kind, tokens, until: bucket.updatedAt + forMs })
  return id
}

/** Refills up to now, step by step where what is out comes to its end on the way. */
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

/** Tokens that were never spent come back, however late their report: they were counted as spent until now. */
function takeBack(bucket: Bucket, limit: RateLimit, call: LeaseCall): void {
  const closed = new Set(call.closed.map(({ id }) => id))
  bucket.out = bucket.out.filter(({ id }) => !closed.has(id))
  const unspent = call.closed.reduce((sum, closing) => sum + closing.unspent, 0)
  bucket.tokens = Math.min(bucket.tokens + unspent, room(bucket, limit))
}

/** At most half of `burst` is out on leases, and no isolate gets more than a quarter of what is left. */
function leaseSize(bucket: Bucket, limit: RateLimit, want: number): number {
  const leased = bucket.out.reduce((sum, { kind, tokens }) => sum + (kind === 'lease' ? tokens : 0), 0)
  return Math.max(0, Math.floor(Math.min(want, limit.burst / 2 - leased, bucket.tokens / 4)))
}

function room(bucket: Bucket, limit: RateLimit): number {
  return Math.max(0, limit.burst - bucket.out.reduce((sum, { tokens }) => sum + tokens, 0))
}

/** A small bucket that is filled fast must not stand still for the hold. */
function replyHoldMs(limit: RateLimit): number {
  return Math.min(REPLY_HOLD_MS, (250 * limit.burst) / limit.rps)
}

/** What is kept of a bucket over the end of its object. */
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

/** The bucket of an object that starts again: what was out stays out, whole, for as long as it may have been spent. */
export function restoreBucket(saved: SavedBucket, now: number): Bucket {
  const until = saved.at + LEASE_TTL_MS + LEASE_GRACE_MS
  const out: Out[] = saved.out > 0 && until > now ? [{ id: 0, kind: 'need', tokens: saved.out, until }] : []
  // Ids that were handed out after the last save must not come again.
  const nextId = saved.nextId + 1_000_000
  return { tokens: saved.tokens, updatedAt: saved.at, out, nextId, visitors: newVisitors() }
}
