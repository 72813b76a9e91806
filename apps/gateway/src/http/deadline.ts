/** A deadline that may move while it is awaited. A whole body needs one timer, however many chunks it has. */

/** How many ms are left now. At 0 or less, the deadline has passed. */
export type TimeLeft = () => number

export class Deadline {
  /** Rejects once the deadline has passed, or `fail` was called; never resolves. */
  readonly passed: Promise<never>
  readonly #left: TimeLeft
  readonly #error: () => Error
  readonly #reject: (error: Error) => void
  #timer: ReturnType<typeof setTimeout> | null = null

  /**
   * Begins to wait. `left` is called at once, and again whenever the timer fires; it is set anew where time is left. So
   * moving the deadline costs nothing. `error` makes the error that `passed` rejects with.
   */
  constructor(left: TimeLeft, error: () => Error) {
    this.#left = left
    this.#error = error
    const { promise, reject } = Promise.withResolvers<never>()
    this.passed = promise
    // The deadline may pass while no code awaits it.
    this.passed.catch(() => undefined)
    this.#reject = reject
    this.#watch()
  }

  /** Makes the deadline pass now, with the given error. Another request may call this, since it touches no timer. */
  fail(error: Error): void {
    this.#reject(error)
  }

  /** Ends the wait. The request that began it calls this in the end. */
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
