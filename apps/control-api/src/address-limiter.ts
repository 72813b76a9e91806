/** Limits of calls by address, kept in this process. */
import { addressGroup, BoundedMap, type Bucket, type BucketRate, takeToken } from '@db9/types/limits'
import { ApiError } from './errors.ts'

export interface AddressLimiter {
  /** Milliseconds to wait; 0 where the call may go on, and only then a token is taken. */
  take(address: string, now: number): number
}

const MAX_ADDRESSES = 10_000

/** A bucket per address and one for all; a refusal by either takes from neither. Bounded, and lost at a restart. */
export function createAddressLimiter({
  perAddress,
  overall,
}: {
  perAddress: BucketRate
  overall: BucketRate
}): AddressLimiter {
  const buckets = new BoundedMap<Bucket>(MAX_ADDRESSES)
  let total: Bucket | undefined

  return {
    take(address, now) {
      const group = addressGroup(address)
      const own = takeToken(buckets.get(group), perAddress, now)
      const all = takeToken(total, overall, now)
      if (own.waitMs > 0 || all.waitMs > 0) return Math.max(own.waitMs, all.waitMs)
      total = all.bucket
      buckets.set(group, own.bucket)
      return 0
    },
  }
}

/** 429 where the address of a request has called too often. */
export function takeOr429(limiter: AddressLimiter, { address, now }: { address: string; now: number }): void {
  const waitMs = limiter.take(address, now)
  if (waitMs === 0) return
  throw new ApiError('rate_limited', 'too many requests from this address', {
    retryAfter: Math.ceil(waitMs / 1000),
  })
}
