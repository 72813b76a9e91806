/** Lets few work at once, such that nobody who takes long keeps the others from it. */

export interface SlotsOptions {
  /** How many work at once. */
  count: number
  /** Whoever works for longer goes on, but takes no place any more. */
  longestMs: number
}

/** Slots of work that may never end. */
export class Slots {
  readonly #options: SlotsOptions
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(options: SlotsOptions) {
    this.#options = options
  }

  /** Runs `work` once there is a place for it, in the order of the calls. The signal ends the wait for the place. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal)
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      this.#leave()
    }
    const timer = setTimeout(leave, this.#options.longestMs).unref()
    try {
      return await work()
    } finally {
      clearTimeout(timer)
      leave()
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#taken < this.#options.count) {
      this.#taken++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason)
      }
      this.#waiting.push(enter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** A place that is left is the next one's. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken--
  }
}
