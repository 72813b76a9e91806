/**
 * Large replies that are on their way, by what they are of: a database, or the REST API. What their clients have not taken
 * yet lies in the memory of the part that made it, so a client that reads slowly, or not at all, may have only so many.
 */

/** Of one database: beyond this, whoever has a reply to read gets no other one. Newcomers are served. */
const MAX_BYTES = 64 * 1024 * 1024
/** To one address of one database. */
const MAX_BYTES_OF_ADDRESS = MAX_BYTES / 2

interface Sending {
  network: string
  /** Bytes that were not taken yet. */
  left: number
  /** When some were taken last. */
  at: number
}

export class LargeReplies {
  readonly #sendings = new Map<string, Set<Sending>>()
  readonly #idleMs: number
  readonly #now: () => number

  /**
   * A reply of which nothing was taken for `idleMs` is over, whether that was told here or not: the runtime drops what it
   * runs for a client that has left.
   */
  constructor(idleMs: number, now: () => number) {
    this.#idleMs = idleMs
    this.#now = now
  }

  /** Whether a request may have a reply made for it. `network` is asked for only where some are on their way. */
  mayStart(of: string, network: () => string): boolean {
    const sendings = this.#sendings.get(of)
    if (sendings === undefined) return true
    const own = network()
    const since = this.#now() - this.#idleMs
    let all = 0
    let ofOwn = 0
    for (const sending of sendings) {
      if (sending.at < since) this.#end(of, sending)
      else {
        all += sending.left
        if (sending.network === own) ofOwn += sending.left
      }
    }
    return ofOwn === 0 || (all < MAX_BYTES && ofOwn < MAX_BYTES_OF_ADDRESS)
  }

  /** A reply of so many bytes begins; the result takes how many of them its client has taken. All are, in the end. */
  begin(of: string, network: string, bytes: number): (taken: number) => void {
    const sending = { network, left: bytes, at: this.#now() }
    const sendings = this.#sendings.get(of) ?? new Set<Sending>()
    sendings.add(sending)
    this.#sendings.set(of, sendings)
    return (taken) => {
      sending.left -= taken
      sending.at = this.#now()
      if (sending.left <= 0) this.#end(of, sending)
    }
  }

  #end(of: string, sending: Sending): void {
    const sendings = this.#sendings.get(of)
    sendings?.delete(sending)
    if (sendings?.size === 0) this.#sendings.delete(of)
  }
}
