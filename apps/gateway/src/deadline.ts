/** A deadline that may move while it is waited for: one timer for a whole body, whatever number of its chunks come in time. */

/** How long is left (ms), as it stands now; the deadline has passed once nothing is. */
export type TimeLeft = () => number

export class Deadline {
  /** Rejects once the deadline has passed, or `fail` was called; never resolves. */
  readonly passed: Promise<never>
  readonly #left: TimeLeft
  readonly #error: () => Error
  readonly #reject: (error: Error) => void
  #timer: ReturnType<typeof setTimeout> | null = null

  /**
   * Begins to wait. `left` is asked at once, and again whenever the timer goes off: time that was gained meanwhile sets it
   * anew, so gaining some costs nothing. `error` makes what `passed` rejects with.
   */
  constructor(left: TimeLeft, error: () => Error) {
    this.#left = left
    this.#error = error
    const { promise, reject } = Promise.withResolvers<never>()
    this.passed = promise
    // It may pass while nobody waits for it.
    this.passed.catch(() => undefined)
    this.#reject = reject
    this.#watch()
  }

  /** Lets it pass now, with an error of its own. Another request may call this: it touches no timer. */
  fail(error: Error): void {
    this.#reject(error)
  }

  /** Lets it never pass any more. To be called in the end, by the request that began it. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #watch(): void {
    const leftMs = this.#left()
    if (leftMs <= 0) this.fail(this.#error())
    else this.#timer = setTimeout(() => this.#watch(), leftMs)
  }
}
