/**
 * Requests that fail before it is known who sends them, limited by address: a bucket for each IPv4 address or IPv6 /64, in
 * each isolate. They take nothing from a key's limit, so a stranger could send as many as an isolate can refuse.
 *
 * An address whose bucket is empty gets 429, and no signature is verified for it. Others share the address, so nobody who
 * was found good is refused by it: an address is looked at only once a request has failed, or when a signature would have
 * to be verified that was not found good before. The buckets refill all the time, and each token in one is a signature that
 * is verified, so a new user of a busy address comes in by trying again.
 */
import { Lru } from '../lru.ts'

/** So many seconds' worth may fail at once. */
const BURST_SECONDS = 5
const CAPACITY = 10_000

interface Cell {
  tokens: number
  at: number
}

export class FailureLimit {
  readonly #perSecond: number
  readonly #cells = new Lru<Cell>(CAPACITY)
  /** Until then, some address may be over. */
  #busyUntil = 0

  /** `perSecond`: failures of one address that are let be; 0: any number. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** False where no address is over now, so that nobody has to find out whose a request is. `now` is in milliseconds. */
  isBusy(now: number): boolean {
    return now < this.#busyUntil
  }

  isOver(network: string, now: number): boolean {
    return this.isBusy(now) && this.#tokensOf(network, now) < 1
  }

  /** Counts a request that failed; true where the address was over already. */
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
