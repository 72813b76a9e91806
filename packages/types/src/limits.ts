/** Limits by address, as the parts share them: their arithmetic, and where their counts are kept. */
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

/** What one caller can hardly change: an IPv4 address, or the /64 of an IPv6 address. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  // A URL writes every IPv6 address in one form; only "::" is left to spell out.
  const bare = parseHost(address.replace(/%.*$/, ''))
  if (bare === null) return address
  const [head = '', tail] = bare.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return `${[...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':')}::/64`
}

function parseHost(address: string): string | null {
  const url = address.includes(':') ? URL.parse(`http://[${address}]`) : null
  return url === null ? null : url.hostname.slice(1, -1)
}

/** Keeps the entries that were set last, and forgets those set longest ago: counts by address are not to grow without end. */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #capacity: number

  /** Keeps at most so many entries. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  /** Sets the entry and makes it the newest. */
  set(key: string, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) return
      this.#entries.delete(oldest)
    }
  }

  get size(): number {
    return this.#entries.size
  }
}
