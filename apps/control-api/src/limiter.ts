import { isIPv6 } from 'node:net'

export interface BucketRate {
  burst: number
  perHour: number
}

export interface Bucket {
  tokens: number
  /** Milliseconds since the epoch. */
  at: number
}

const HOUR_MS = 3_600_000

/** Takes one token. `waitMs` is 0 where there was one, else the time until there is. */
export function takeToken(
  bucket: Bucket | undefined,
  rate: BucketRate,
  now: number,
): { bucket: Bucket; waitMs: number } {
  const elapsed = bucket ? Math.max(0, now - bucket.at) : 0
  const tokens = Math.min(rate.burst, (bucket?.tokens ?? rate.burst) + (elapsed * rate.perHour) / HOUR_MS)
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, at: now }, waitMs: 0 }
  return { bucket: { tokens, at: now }, waitMs: Math.ceil(((1 - tokens) * HOUR_MS) / rate.perHour) }
}

/** What one visitor can hardly change: an IPv4 address, or the /64 of an IPv6 address. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  const bare = address.replace(/%.*$/, '')
  if (!isIPv6(bare)) return address
  // A URL writes every IPv6 address in one form; only "::" is left to spell out.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return `${[...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':')}::/64`
}

export interface Limiter {
  /** Milliseconds to wait; 0 where the call may go on, and only then a token is gone. */
  take(address: string, now: number): number
}

const MAX_ADDRESSES = 10_000

/** A bucket per address and one for all; a refusal by either takes from neither. Bounded, and lost at a restart. */
export function createLimiter({
  perAddress,
  overall,
}: {
  perAddress: BucketRate
  overall: BucketRate
}): Limiter {
  const buckets = new Map<string, Bucket>()
  let total: Bucket | undefined

  return {
    take(address, now) {
      const group = addressGroup(address)
      const own = takeToken(buckets.get(group), perAddress, now)
      const all = takeToken(total, overall, now)
      if (own.waitMs > 0 || all.waitMs > 0) return Math.max(own.waitMs, all.waitMs)
      total = all.bucket
      buckets.delete(group)
      buckets.set(group, own.bucket)
      const oldest = buckets.size > MAX_ADDRESSES ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      return 0
    },
  }
}
