/**
 * Bounds the bytes of request bodies that an isolate holds, by owner: a database, or the invalidations of the control API. A
 * body is held from its first byte until its request ends. Without a bound, clients that send slowly, or that wait for slow
 * statements, could make an isolate hold any amount.
 *
 * While many bytes are held, bodies that have stopped arriving are ended, the largest and slowest first. That begins before
 * all room is taken, so that other bodies still find room. All bytes count until their request ends.
 */

export interface HeldLimits {
  /** Bytes of all owners together. One owner gets at most a quarter of what the others leave. */
  total: number
  /** How long a body may take to arrive (ms). */
  bodyMs: number
}

/** The part of what the others leave, so that the next owner always finds room. */
const OWNER_SHARE = 1 / 4
/** From this part of a limit on, bodies that have stopped arriving are ended. */
const CROWDED_SHARE = 3 / 4
/** A body is slow where fewer bytes than this arrive within this time (ms). */
const STEP_BYTES = 32 * 1024
const STEP_MS = 1_000
/** The least that a chunk counts as: a client may send single bytes, and each chunk takes memory itself. */
const LEAST_CHUNK_BYTES = 64
/** The longest that a request with a whole body lasts (ms): two statements of a minute, and two starts of a server. */
const LONGEST_REQUEST_MS = 5 * 60_000
/** How often slow bodies are looked for at most (ms). */
const LOOK_MS = 20

interface Owner {
  bytes: number
  bodies: Set<HeldBody>
  lookedAt: number
}

export class HeldBodies {
  readonly #limits: HeldLimits
  readonly #now: () => number
  readonly #owners = new Map<string, Owner>()
  #bytes = 0
  #lookedAt = Number.NEGATIVE_INFINITY

  /** `now` is in milliseconds. */
  constructor(limits: HeldLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /**
   * A body of which no byte has arrived. Its request releases it in the end. `waitUntil` keeps the request alive until then,
   * should its client leave: a request that the runtime drops would never release it.
   */
  open(owner: string, waitUntil: (work: Promise<unknown>) => void): HeldBody {
    const body: HeldBody = new HeldBody(waitUntil, {
      take: (bytes) => this.#take(owner, body, bytes),
      release: () => this.#release(owner, body),
      now: this.#now,
    })
    return body
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes
  }

  #take(name: string, body: HeldBody, bytes: number): boolean {
    const now = this.#now()
    const owner = this.#owners.get(name) ?? {
      bytes: 0,
      bodies: new Set(),
      lookedAt: Number.NEGATIVE_INFINITY,
    }
    const { total } = this.#limits
    const mostOfOwner = (total - (this.#bytes - owner.bytes)) * OWNER_SHARE
    if (owner.bytes + bytes > mostOfOwner * CROWDED_SHARE && now - owner.lookedAt >= LOOK_MS) {
      owner.lookedAt = now
      this.#endSlow(owner.bodies, owner.bytes + bytes - mostOfOwner * CROWDED_SHARE, now)
    }
    if (this.#bytes + bytes > total * CROWDED_SHARE && now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now
      this.#endSlow(this.#all(), this.#bytes + bytes - total * CROWDED_SHARE, now)
    }
    if (owner.bytes + bytes > mostOfOwner || this.#bytes + bytes > total) return false
    body.goneAt = now + this.#limits.bodyMs + STEP_MS
    owner.bytes += bytes
    this.#bytes += bytes
    owner.bodies.add(body)
    this.#owners.set(name, owner)
    return true
  }

  *#all(): Generator<HeldBody> {
    for (const { bodies } of this.#owners.values()) yield* bodies
  }

  /** Ends slow bodies until this many bytes are about to become free. */
  #endSlow(bodies: Iterable<HeldBody>, bytes: number, now: number): void {
    const slow: { body: HeldBody; cost: number }[] = []
    let missing = bytes
    for (const body of bodies) {
      const slowMs = body.slowMs(now)
      if (now > body.goneAt || body.isEnding) missing -= body.bytes
      else if (slowMs > 0) slow.push({ body, cost: body.bytes * slowMs })
      // The runtime has dropped its request nevertheless.
      if (now > body.goneAt) body.release()
    }
    slow.sort((a, b) => b.cost - a.cost)
    for (const { body } of slow) {
      if (missing <= 0) return
      missing -= body.bytes
      body.end()
    }
  }

  #release(name: string, body: HeldBody): void {
    const owner = this.#owners.get(name)
    if (!owner?.bodies.delete(body)) return
    owner.bytes -= body.bytes
    this.#bytes -= body.bytes
    if (owner.bodies.size === 0) this.#owners.delete(name)
  }
}

interface Account {
  take(bytes: number): boolean
  release(): void
  now(): number
}

/** The body of one request. */
export class HeldBody {
  readonly #waitUntil: (work: Promise<unknown>) => void
  readonly #account: Account
  #state: 'coming' | 'ending' | 'whole' = 'coming'
  /** When the current step of `STEP_BYTES` began. */
  #stepAt: number
  #stepBytes = 0
  #end = () => {}
  #over = () => {}
  /** Bytes that are counted for it. */
  bytes = 0
  /** After this, its request has certainly ended (ms since the epoch). */
  goneAt = Number.POSITIVE_INFINITY

  constructor(waitUntil: (work: Promise<unknown>) => void, account: Account) {
    this.#waitUntil = waitUntil
    this.#account = account
    this.#stepAt = account.now()
  }

  /**
   * Counts the bytes of a chunk. False where there is no room for them; they are not counted then. `end` ends the body as
   * too slow.
   */
  take(bytes: number, end: () => void): boolean {
    const counted = Math.max(bytes, LEAST_CHUNK_BYTES)
    if (!this.#account.take(counted)) return false
    if (this.bytes === 0) this.#begin(end)
    this.bytes += counted
    this.#stepBytes += bytes
    if (this.#stepBytes >= STEP_BYTES) {
      this.#stepBytes = 0
      this.#stepAt = this.#account.now()
    }
    return true
  }

  #begin(end: () => void): void {
    this.#end = end
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#over = resolve
    this.#waitUntil(promise)
  }

  /** The body has arrived whole. It is no longer slow, and stays counted until its request ends. */
  complete(): void {
    this.#state = 'whole'
    this.goneAt = this.#account.now() + LONGEST_REQUEST_MS
  }

  /** The body was ended, and its request is about to end. */
  get isEnding(): boolean {
    return this.#state === 'ending'
  }

  /** For how long the body has been too slow (ms). */
  slowMs(now: number): number {
    return this.#state === 'coming' ? Math.max(0, now - this.#stepAt - STEP_MS) : 0
  }

  /** Ends the body. Its bytes count until its request ends. */
  end(): void {
    this.#state = 'ending'
    this.#end()
  }

  /** Its request has ended. */
  release(): void {
    this.#account.release()
    this.bytes = 0
    this.#over()
  }
}
