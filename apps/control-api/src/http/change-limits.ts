/** Limits how often an account may change something: each change leaves rows in the metadata, and may start a server. */
import type { Route } from '@db9/types'
import { BoundedMap, type Bucket, type BucketRate, takeToken } from '@db9/types/limits'
import type { Caller } from '../auth/caller.ts'

export interface ChangeLimits {
  anonymous: BucketRate
  /** Of the account that owns the installation. */
  owner: BucketRate
}

export const DEFAULT_CHANGE_LIMITS: ChangeLimits = {
  anonymous: { burst: 600, perHour: 7_200 },
  owner: { burst: 20_000, perHour: 720_000 },
}

/** A POST that only reads has bounds of its own. */
export function isChange({ method, access }: Pick<Route, 'method' | 'access'>): boolean {
  return method !== 'get' && access !== 'read' && access !== 'none'
}

export interface ChangeGrant {
  /** 0 where it may go on. */
  waitMs: number
  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). */
  headers: Record<string, string>
}

const MOST_ACCOUNTS = 10_000
const HOUR_S = 3_600

/** A bucket for each account, kept in this process and lost at a restart. */
export class ChangeLimiter {
  readonly #limits: ChangeLimits
  readonly #buckets = new BoundedMap<Bucket>(MOST_ACCOUNTS)

  constructor(limits: ChangeLimits) {
    this.#limits = limits
  }

  take({ customerId, isOwner }: Pick<Caller, 'customerId' | 'isOwner'>, now: number): ChangeGrant {
    const rate = isOwner ? this.#limits.owner : this.#limits.anonymous
    const { bucket, waitMs } = takeToken(this.#buckets.get(customerId), rate, now)
    this.#buckets.set(customerId, bucket)
    const window = Math.ceil((rate.burst * HOUR_S) / rate.perHour)
    const untilFull = Math.ceil(((rate.burst - bucket.tokens) * HOUR_S) / rate.perHour)
    return {
      waitMs,
      headers: {
        'RateLimit-Policy': `"changes";q=${rate.burst};w=${window}`,
        RateLimit: `"changes";r=${Math.floor(bucket.tokens)};t=${untilFull}`,
      },
    }
  }
}
