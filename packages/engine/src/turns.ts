/** Runs the work of one id one after the other; what failed does not keep the next from its turn. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  take<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(id) ?? Promise.resolve()).then(work, work)
    const settled = turn.catch(() => {})
    this.#last.set(id, settled)
    void settled.then(() => {
      if (this.#last.get(id) === settled) this.#last.delete(id)
    })
    return turn
  }

  /** Resolves when what is under way now has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }
}
