/**
 * Counts the large replies that are being sent, by database or for the REST API. The bytes that a client has not read yet
 * are in the memory of the part that made them, so a client that reads slowly may have only a limited amount of them.
 */

/** For one database: beyond this, a client with a reply to read gets no other one. Other clients are still served. */
const MAX_BYTES = 64 * 1024 * 1024
/** For one address at one database. */
const MAX_BYTES_OF_ADDRESS = MAX_BYTES / 2

interface Sending {
  network: string
  /** Bytes that the client has not read yet. */
  left: number
  /** When the client read last. */
  at: number
}

export class LargeReplies {
  readonly #sendings = new Map<string, Set<Sending>>()
  readonly #idleMs: number
  readonly #now: () => number

  /**
   * A reply of which the client read nothing for `idleMs` counts as ended, even without a call: the runtime drops the
   * request of a client that has left.
   */
  constructor(idleMs: number, now: () => number) {
    this.#idleMs = idleMs
    this.#now = now
  }

  /** Whether a reply may be made for a request. `network` is called only where large replies are being sent. */
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

  /** Counts a reply of this many bytes. The result is called with the bytes that the client has read, until all are. */
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
