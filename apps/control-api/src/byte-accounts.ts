/** Counts the bytes that each account holds: of results while they arrive, of bodies until they are answered. */

/** What is held once the bytes in question are counted. */
export interface Held {
  account: number
  all: number
}

export interface Share {
  /** Counts bytes. False where that is more than may be held now; they count until the share is closed. */
  take(bytes: number): boolean
  /** What was counted is gone. */
  close(): void
}

export class ByteAccounts {
  readonly #byAccount = new Map<string, number>()
  #all = 0

  /** Begins to count for one request. */
  open(account: string, mayHold: (held: Held) => boolean): Share {
    let own = 0
    const add = (bytes: number): Held => {
      own += bytes
      this.#all += bytes
      const ofAccount = (this.#byAccount.get(account) ?? 0) + bytes
      if (ofAccount > 0) this.#byAccount.set(account, ofAccount)
      else this.#byAccount.delete(account)
      return { account: ofAccount, all: this.#all }
    }
    return { take: (bytes) => mayHold(add(bytes)), close: () => void add(-own) }
  }
}

/**
 * An account may hold a quarter of what it leaves free of `most`: a fifth where it is alone, and less as others hold more. So
 * all of them stay below `most`, and there is always something left for another.
 */
export function sharesOf(most: number): (held: Held) => boolean {
  return ({ account, all }) => account <= (most - all) / 4
}
