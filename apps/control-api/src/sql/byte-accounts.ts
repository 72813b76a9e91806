/** Counts what the results of each account's statements take, while they arrive. */

export interface Share {
  /** Counts bytes that arrived. False where the account has more than it may now. */
  take(bytes: number): boolean
  /** The statement's result is gone. */
  close(): void
}

export class ByteAccounts {
  readonly #taken = new Map<string, number>()

  /** Begins to count for one statement. */
  open(account: string, most: number): Share {
    let own = 0
    const add = (bytes: number) => {
      own += bytes
      const all = (this.#taken.get(account) ?? 0) + bytes
      if (all > 0) this.#taken.set(account, all)
      else this.#taken.delete(account)
      return all
    }
    return { take: (bytes) => add(bytes) <= most, close: () => void add(-own) }
  }
}
