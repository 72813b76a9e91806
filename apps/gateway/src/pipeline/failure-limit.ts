/**
 * The limit of failed requests whose caller is not known: a token bucket for each IPv4 address or IPv6 /64, in each isolate.
 * Such requests take nothing from a key's limit, so without it a stranger could send as many as an isolate can refuse.
 *
 * An address with an empty bucket gets 429, and no signature is verified for it. Several callers may share an address, so
 * those who were identified before are still served: the address is checked only once a request has failed, or before a
 * signature is verified for the first time. The buckets refill all the time, and each token allows one signature, so a new
 * user of a busy address is served after a few tries.
 */
import { Lru } from '../lru.ts'

/** How many seconds' worth of failures may come at once. */
const BURST_SECONDS = 5
const CAPACITY = 10_000

interface Cell {
  tokens: number
  at: number
}

export class FailureLimit {
  readonly #perSecond: number
  readonly #cells = new Lru<Cell>(CAPACITY)
  /** Until then, some address may have an empty bucket. */
  #busyUntil = 0

  /** `perSecond`: how many requests of one address may fail each second; 0: any number. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** False where no address has an empty bucket, so that the address need not be found. `now` is in milliseconds. */
  isBusy(now: number): boolean {
    return now < this.#busyUntil
  }

  isOver(network: string, now: number): boolean {
    return this.isBusy(now) && this.#tokensOf(network, now) < 1
  }

  /** Counts a failed request. True where the bucket of its address was empty already. */
  count(network: string, now: number): boolean {
    if (this.#perSecond === 0) return false
    const tokens = this.#tokensOf(network, now)
    if (tokens < 1) return true
    this.#cells.set(network, { tokens: tokens - 1, at: now })
    if (tokens < 2) this.#busyUntil = Math.max(this.#busyUntil, now + 1000 / this.#perSecond)
    return false
  }

  #tokensOf(network: string, now: number): number {
    const burst = this.#perSecond * BURST_SECONDS
    const cell = this.#cells.get(network)
    if (!cell) return burst
    return Math.min(burst, cell.tokens + (Math.max(0, now - cell.at) / 1000) * this.#perSecond)
  }
}
