/** Limits of calls by address, kept in this process. */
import { addressGroup, BoundedMap, type Bucket, type BucketRate, takeToken } from '@db9/types/limits'

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
