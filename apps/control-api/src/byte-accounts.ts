/** Counts the bytes that each account holds: of results while they arrive, of bodies until they are answered. */

/** What is held, the new bytes included. */
export interface HeldNow {
  account: number
  all: number
}

/** The bytes of one request. */
export interface HeldBytes {
  /** Counts bytes until `release`. False where more is held than may be. */
  take(bytes: number): boolean
  /** Takes back all that was counted. */
  release(): void
}

export class ByteAccounts {
  readonly #byAccount = new Map<string, number>()
  #all = 0

  /** Begins to count for one request. */
  open(account: string, mayHold: (now: HeldNow) => boolean): HeldBytes {
    let own = 0
    const add = (bytes: number): HeldNow => {
      own += bytes
      this.#all += bytes
      const ofAccount = (this.#byAccount.get(account) ?? 0) + bytes
      if (ofAccount > 0) this.#byAccount.set(account, ofAccount)
      else this.#byAccount.delete(account)
      return { account: ofAccount, all: this.#all }
    }
    return { take: (bytes) => mayHold(add(bytes)), release: () => void add(-own) }
  }
}

/**
 * An account may hold a quarter of the bytes of `most` that are free: a fifth of `most` where it is alone, and less as
 * others hold more. All accounts stay below `most`, and another account always finds some room.
 */
export function quarterOfRest(most: number): (now: HeldNow) => boolean {
  return ({ account, all }) => account <= (most - all) / 4
}
