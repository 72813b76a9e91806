/**
 * What a key may do while its object does not answer: reads go on with the last configuration for at most a minute, at a
 * twentieth of the key's rate in each isolate. Writes are refused, and so is every request of a key that says
 * `on_limiter_failure: "closed"`.
 */
import type { RateLimit } from '@db9/types/internal'
import { grant, newBucket, plainCall } from './bucket.ts'
import type { KeyEntry } from './key-entry.ts'

const SERVED_FOR_MS = 60_000
const SHARE_OF_RATE = 1 / 20

/** Whether a request may be served with the configuration that was confirmed last. `now` is in milliseconds. */
export function mayFallBack({ served, confirmedAt }: KeyEntry, isRead: boolean, now: number): boolean {
  const isRecent = now - confirmedAt <= SERVED_FOR_MS
  return served !== null && isRead && isRecent && served.config.key.on_limiter_failure !== 'closed'
}

/** Takes tokens from the isolate's own bucket. Gives how many ms to wait where it has too few, else 0. */
export function takeFromFallback(entry: KeyEntry, limit: RateLimit, cost: number, now: number): number {
  const share = {
    rps: limit.rps * SHARE_OF_RATE,
    burst: Math.max(1, limit.burst * SHARE_OF_RATE),
    costs: limit.costs,
  }
  entry.fallback ??= newBucket(share, now)
  const granted = grant(entry.fallback, share, plainCall(Math.min(cost, share.burst)), now)
  return granted.needId === null ? granted.retryAfterMs : 0
}
