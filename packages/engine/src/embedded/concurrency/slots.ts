/** Bounds how many works run at once; a work that takes too long gives its slot to the next. */

export interface SlotsOptions {
  /** How many work at once. */
  count: number
  /** A work that takes longer goes on, but takes no slot any more. */
  longestMs: number
}

/** Slots for works, of which each may never end. */
export class Slots {
  readonly #options: SlotsOptions
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(options: SlotsOptions) {
    this.#options = options
  }

  /** Runs `work` once there is a slot for it, in the order of the calls. The signal ends the wait for the slot. */
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

  /** A free slot goes to the next work that waits. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken--
  }
}
