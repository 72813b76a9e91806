/** What has to be ended, in the reverse of the order in which it was started. */
export class Closers {
  readonly #closers: (() => unknown)[] = []
  #closing: Promise<void> | undefined

  add(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Ends everything, once however often it is called; one that fails does not keep the rest from ending. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    for (const close of this.#closers.reverse()) {
      try {
        await close()
      } catch (error) {
        console.error('A part did not end cleanly:', error)
      }
    }
  }
}
