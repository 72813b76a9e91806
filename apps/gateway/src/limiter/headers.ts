/** draft-ietf-httpapi-ratelimit-headers-10: two structured fields, and RFC 9110's Retry-After beside them. */
import type { RateLimit } from '@db9/types/internal'

export function waitSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1000))
}

/** `q` tokens can be taken at once and come back within `w` seconds; more is there in `seconds`. */
export function limitHeaders(limit: RateLimit, seconds: number): [string, string][] {
  const window = Math.max(1, Math.ceil(limit.burst / limit.rps))
  return [
    ['RateLimit-Policy', `"key";q=${Math.floor(limit.burst)};w=${window}`],
    ['RateLimit', `"key";r=0;t=${seconds}`],
  ]
}
