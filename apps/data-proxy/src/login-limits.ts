/** Limits of failed logins, by client address and by database. */
import { addressGroup, type Bucket, type BucketRate, takeToken } from '@db9/types/limits'
import { ProxyError } from './errors.ts'

export interface LoginLimits {
  /** Logins that may fail from one address, at once and each hour after that. */
  perAddress: BucketRate
  /** Logins that may fail as roles of one database, from all addresses that never logged in to it. */
  perDatabase: BucketRate
}

export const DEFAULT_LOGIN_LIMITS: LoginLimits = {
  perAddress: { burst: 60, perHour: 1_200 },
  perDatabase: { burst: 300, perHour: 6_000 },
}

/** Who tries to log in to what; a database that does not exist is counted as one that does. */
export interface Attempt {
  address: string
  /** Null: the user name holds no id. */
  databaseId: string | null
}

const MOST_ENTRIES = 10_000
const KNOWN_MS = 24 * 3_600_000

/**
 * Counts failed logins. An address that has logged in to a database within a day is counted by itself there, so that
 * strangers who fail cannot keep it away. Bounded, and lost at a restart.
 */
export class FailedLogins {
  readonly #limits: LoginLimits
  readonly #now: () => number
  readonly #buckets = new BoundedMap<Bucket>()
  /** When an address logged in to a database last. */
  readonly #known = new BoundedMap<number>()

  constructor(limits: LoginLimits, now: () => number = Date.now) {
    this.#limits = limits
    this.#now = now
  }

  /** Throws a `ProxyError` where too many failed. To be asked before a login is begun, and again right before it is judged. */
  admit(attempt: Attempt): void {
    const now = this.#now()
    for (const { key, rate, of } of this.#countsOf(attempt)) {
      const { waitMs } = takeToken(this.#buckets.get(key), rate, now)
      if (waitMs > 0) throw tooManyFailed(of, waitMs)
    }
  }

  failed(attempt: Attempt): void {
    const now = this.#now()
    for (const { key, rate } of this.#countsOf(attempt)) {
      this.#buckets.set(key, takeToken(this.#buckets.get(key), rate, now).bucket)
    }
  }

  succeeded(attempt: Attempt): void {
    this.#known.set(pairOf(attempt), this.#now())
  }

  #countsOf(attempt: Attempt): { key: string; rate: BucketRate; of: string }[] {
    const { perAddress, perDatabase } = this.#limits
    const { address, databaseId } = attempt
    const pair = pairOf(attempt)
    const ofAddress = { rate: perAddress, of: 'from this address' }
    if (this.#now() - (this.#known.get(pair) ?? Number.NEGATIVE_INFINITY) < KNOWN_MS)
      return [{ key: `pair ${pair}`, ...ofAddress }]
    return [
      { key: `address ${addressGroup(address)}`, ...ofAddress },
      ...(databaseId === null
        ? []
        : [{ key: `database ${databaseId}`, rate: perDatabase, of: 'for this database' }]),
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

/** Keeps what was set last. */
class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>()

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    const oldest = this.#entries.size > MOST_ENTRIES ? this.#entries.keys().next().value : undefined
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
