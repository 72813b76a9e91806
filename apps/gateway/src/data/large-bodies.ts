/**
 * Large bodies of requests, by database: how fast one database may have them brought to an isolate, and how soon after
 * another one is worked on. What an isolate does with a body it does at once, while all other requests wait; so the bodies
 * of one database come one after the other, with a pause for the others between.
 *
 * Both are told by the clock alone. Nothing has to be given back, so nothing is lost with a request that is dropped because
 * its client has left.
 */
import { Lru } from '../lru.ts'
import { refusals } from '../refusals.ts'

/** What is shorter is neither counted nor kept waiting. */
const SMALL_BYTES = 128 * 1024
/** About twice what an isolate takes for a body, so that half of its time is left. */
const MS_PER_BYTE = 50 / (1024 * 1024)
/** So much may come at once, beyond what comes at that rate. */
const MAX_AHEAD_MS = 16 * 1024 * 1024 * MS_PER_BYTE

interface Cell {
  /** When all that has come would have been worked on at the rate, in milliseconds. */
  paidAt: number
  /** When the next body may be worked on, in milliseconds. */
  freeAt: number
}

export class LargeBodies {
  readonly #cells = new Lru<Cell>(5_000)
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** What is to be told of one request's body. */
  of(databaseId: string): BodyShare {
    return new BodyShare(() => this.#cellOf(databaseId), this.#now)
  }

  #cellOf(databaseId: string): Cell {
    const known = this.#cells.get(databaseId)
    if (known) return known
    const cell = { paidAt: 0, freeAt: 0 }
    this.#cells.set(databaseId, cell)
    return cell
  }
}

export class BodyShare {
  readonly #find: () => Cell
  readonly #now: () => number
  #cell: Cell | null = null
  #bytes = 0
  #counted = 0

  constructor(find: () => Cell, now: () => number) {
    this.#find = find
    this.#now = now
  }

  /** So many bytes are to come. Throws `bodiesTooMany` where they would be too much; counts none of them. */
  expect(bytes: number): void {
    if (bytes > SMALL_BYTES) this.#assertRoom(this.#find(), bytes)
  }

  /** So many bytes have come. Throws `bodiesTooMany` where the database has brought too much. */
  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= SMALL_BYTES) return
    this.#cell ??= this.#find()
    this.#cell.paidAt = this.#assertRoom(this.#cell, this.#bytes - this.#counted)
    this.#counted = this.#bytes
  }

  /** When so many more bytes would have been worked on. */
  #assertRoom({ paidAt }: Cell, bytes: number): number {
    const now = this.#now()
    const next = Math.max(now, paidAt) + bytes * MS_PER_BYTE
    if (next - now > MAX_AHEAD_MS) throw refusals.bodiesTooMany()
    return next
  }

  /** How long to wait (ms) before the body is worked on; takes that place. */
  takeTurn(): number {
    if (this.#cell === null) return 0
    const now = this.#now()
    const at = Math.max(now, this.#cell.freeAt)
    this.#cell.freeAt = at + this.#bytes * MS_PER_BYTE
    return at - now
  }

  /** Resolves when the body may be worked on. */
  async turn(): Promise<void> {
    const waitMs = this.takeTurn()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
