/** What has to be ended, in the reverse of the order in which it was started. */
export class Closers {
  readonly #closers: (() => unknown)[] = []
  #closing: Promise<void> | undefined

  /** Once closing has begun, what is added is closed too: a start that is given up may still have parts under way. */
  add(close: () => unknown): void {
    if (this.#closing) this.#closing = this.#closing.then(() => run(close))
    else this.#closers.push(close)
  }

  /** Ends everything, once however often it is called; one that fails does not keep the rest from ending. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    for (const close of this.#closers.reverse()) await run(close)
  }
}

async function run(close: () => unknown): Promise<void> {
  try {
    await close()
  } catch (error) {
    console.error('A part did not end cleanly:', error)
  }
}
