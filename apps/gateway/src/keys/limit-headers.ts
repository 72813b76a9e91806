/** The headers of a rate limit: draft-ietf-httpapi-ratelimit-headers-10, beside RFC 9110's Retry-After. */
import type { RateLimit } from '@db9/types/internal'

export function waitSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1000))
}

/** `q` tokens can be taken at once, and are refilled within `w` seconds. The next one is there after `t` seconds. */
export function limitHeaders(limit: RateLimit, seconds: number): [string, string][] {
  const window = Math.max(1, Math.ceil(limit.burst / limit.rps))
  return [
    ['RateLimit-Policy', `"key";q=${Math.floor(limit.burst)};w=${window}`],
    ['RateLimit', `"key";r=0;t=${seconds}`],
  ]
}
