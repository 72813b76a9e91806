/** Runs the works of one key one after the other. A work that fails does not stop the next. */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Once the signal is aborted, work that has not begun is not waited for, and never begins. */
  run<T>(id: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let hasBegun = false
    const begin = () => {
      signal?.throwIfAborted()
      hasBegun = true
      return work()
    }
    const turn = (this.#last.get(id) ?? Promise.resolve()).then(begin)
    const settled = turn.catch(() => {})
    this.#last.set(id, settled)
    void settled.then(() => {
      if (this.#last.get(id) === settled) this.#last.delete(id)
    })
    return signal ? untilAborted(turn, signal, () => !hasBegun) : turn
  }

  /** Resolves when what is under way now has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }
}

function untilAborted<T>(turn: Promise<T>, signal: AbortSignal, isWaiting: () => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      if (isWaiting()) reject(signal.reason)
    }
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    const forget = () => signal.removeEventListener('abort', giveUp)
    turn.then(resolve, reject).finally(forget)
  })
}
