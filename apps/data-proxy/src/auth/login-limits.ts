/** Limits of logins that fail and of those that are under way, by client address and by database. */
import { addressGroup, BoundedMap, type Bucket, type BucketRate, takeToken } from '@db9/types/limits'
import { ProxyError } from '../errors.ts'

/** How often logins may fail, and how many may be begun and not ended yet. */
export interface LoginLimit extends BucketRate {
  underWay: number
}

export interface LoginLimits {
  /** Logins from one address; of those that fail, at once and each hour after that. */
  perAddress: LoginLimit
  /** Logins as roles of one database, from all addresses that never logged in to it. */
  perDatabase: LoginLimit
}

export const DEFAULT_LOGIN_LIMITS: LoginLimits = {
  perAddress: { burst: 60, perHour: 1_200, underWay: 250 },
  perDatabase: { burst: 300, perHour: 6_000, underWay: 1_000 },
}

/** Who tries to log in to what; a database that does not exist is counted as one that does. */
export interface Attempt {
  address: string
  /** Null: the user name holds no id. */
  databaseId: string | null
}

/** `unjudged`: it is unknown whether the password was right, through no fault of the client's. */
export type LoginOutcome = 'succeeded' | 'failed' | 'unjudged'

/** A login that is begun. */
export interface LoginUnderWay {
  /** Throws as `begin` does where too many have failed meanwhile. To be called right before it is judged. */
  admit(): void
  /** Frees its place. The first outcome counts, so that a `finally` may always say that it failed. */
  end(outcome: LoginOutcome): void
}

interface Count {
  key: string
  limit: LoginLimit
  of: string
}

const MOST_ENTRIES = 10_000
const KNOWN_MS = 24 * 3_600_000

/**
 * Counts logins under way, and those that failed. An address that has logged in to a database within a day is counted by
 * itself there, so that strangers who fail cannot keep it away. Bounded, and lost at a restart.
 */
export class LoginLimiter {
  readonly #limits: LoginLimits
  readonly #now: () => number
  readonly #buckets = new BoundedMap<Bucket>(MOST_ENTRIES)
  /** When an address logged in to a database last. */
  readonly #known = new BoundedMap<number>(MOST_ENTRIES)
  /** How many are under way. Bounded as connections are. */
  readonly #underWay = new Map<string, number>()

  constructor(limits: LoginLimits, now: () => number = Date.now) {
    this.#limits = limits
    this.#now = now
  }

  /** Throws a `ProxyError` where too many failed, or are under way; then nothing is counted. */
  begin(attempt: Attempt): LoginUnderWay {
    const counts = this.#countsOf(attempt)
    this.#admit(counts)
    for (const { key, limit, of } of counts) {
      if (this.#countOf(key) >= limit.underWay) throw tooManyUnderWay(of)
    }
    for (const { key } of counts) this.#underWay.set(key, this.#countOf(key) + 1)
    let isOver = false
    return {
      admit: () => this.#admit(this.#countsOf(attempt)),
      end: (outcome) => {
        if (isOver) return
        isOver = true
        for (const { key } of counts) this.#leave(key)
        if (outcome === 'failed') this.#failed(attempt)
        if (outcome === 'succeeded') this.#known.set(pairOf(attempt), this.#now())
      },
    }
  }

  #admit(counts: readonly Count[]): void {
    const now = this.#now()
    for (const { key, limit, of } of counts) {
      const { waitMs } = takeToken(this.#buckets.get(key), limit, now)
      if (waitMs > 0) throw tooManyFailed(of, waitMs)
    }
  }

  #failed(attempt: Attempt): void {
    const now = this.#now()
    for (const { key, limit } of this.#countsOf(attempt)) {
      this.#buckets.set(key, takeToken(this.#buckets.get(key), limit, now).bucket)
    }
  }

  #countOf(key: string): number {
    return this.#underWay.get(key) ?? 0
  }

  #leave(key: string): void {
    const left = this.#countOf(key) - 1
    if (left > 0) this.#underWay.set(key, left)
    else this.#underWay.delete(key)
  }

  #countsOf(attempt: Attempt): Count[] {
    const { perAddress, perDatabase } = this.#limits
    const { address, databaseId } = attempt
    const pair = pairOf(attempt)
    const ofAddress = { limit: perAddress, of: 'from this address' }
    if (this.#now() - (this.#known.get(pair) ?? Number.NEGATIVE_INFINITY) < KNOWN_MS)
      return [{ key: `pair ${pair}`, ...ofAddress }]
    return [
      { key: `address ${addressGroup(address)}`, ...ofAddress },
      ...(databaseId === null
        ? []
        : [{ key: `database ${databaseId}`, limit: perDatabase, of: 'for this database' }]),
    ]
  }
}

function pairOf({ address, databaseId }: Attempt): string {
  return `${addressGroup(address)} ${databaseId}`
}

function tooManyFailed(of: string, waitMs: number): ProxyError {
  const seconds = Math.ceil(waitMs / 1000)
  return new ProxyError('28000', `too many logins failed ${of}; try again in ${seconds} s`, 429)
}

function tooManyUnderWay(of: string): ProxyError {
  return new ProxyError('53300', `too many logins are under way ${of}; try again`, 429)
}
