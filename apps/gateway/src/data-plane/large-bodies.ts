/**
 * Limits large bodies of requests by database: how fast they may arrive at an isolate, and how soon one after another is
 * processed. An isolate processes a body at once, while all other requests wait. So the bodies of one database are processed
 * one after the other, with a pause for other requests in between.
 *
 * Both limits depend on the clock alone. Nothing has to be given back, so a request that the runtime drops because its
 * client has left leaves no trace.
 */

import { refusals } from '../http/refusals.ts'
import { Lru } from '../lru.ts'

/** A body of at most this many bytes is neither counted nor made to wait. */
const SMALL_BYTES = 128 * 1024
/** About twice what an isolate needs for a body, so that half of its time is left for others. */
const MS_PER_BYTE = 50 / (1024 * 1024)
/** How far the bodies that arrive may be ahead of that rate. */
const MAX_AHEAD_MS = 16 * 1024 * 1024 * MS_PER_BYTE

interface Cell {
  /** When all bytes that have arrived would have been processed at the rate, in milliseconds. */
  paidAt: number
  /** When the next body may be processed, in milliseconds. */
  freeAt: number
}

export class LargeBodies {
  readonly #cells = new Lru<Cell>(5_000)
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** What one request's body counts against its database. */
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

  /** Throws `bodiesTooMany` where this many bytes would be too many. Counts none of them. */
  expect(bytes: number): void {
    if (bytes > SMALL_BYTES) this.#assertRoom(this.#find(), bytes)
  }

  /** Counts bytes that have arrived. Throws `bodiesTooMany` where the database has sent too many. */
  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= SMALL_BYTES) return
    this.#cell ??= this.#find()
    this.#cell.paidAt = this.#assertRoom(this.#cell, this.#bytes - this.#counted)
    this.#counted = this.#bytes
  }

  /** When this many more bytes would have been processed. */
  #assertRoom({ paidAt }: Cell, bytes: number): number {
    const now = this.#now()
    const next = Math.max(now, paidAt) + bytes * MS_PER_BYTE
    if (next - now > MAX_AHEAD_MS) throw refusals.bodiesTooMany()
    return next
  }

  /** How long the body has to wait (ms). Reserves that time. */
  takeTurn(): number {
    if (this.#cell === null) return 0
    const now = this.#now()
    const at = Math.max(now, this.#cell.freeAt)
    this.#cell.freeAt = at + this.#bytes * MS_PER_BYTE
    return at - now
  }

  /** Resolves when the body may be processed. */
  async turn(): Promise<void> {
    const waitMs = this.takeTurn()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}
