/**
 * Large bodies of requests, by database: how much of them one database may have in an isolate at once, and how soon after
 * another one is worked on. What an isolate does with a body it does at once, while all other requests wait; so the bodies
 * of one database come one after the other, with a pause for the others between.
 */
import { Lru } from '../lru.ts'
import { refusals } from '../refusals.ts'

/** What is shorter is neither counted nor kept waiting. */
const SMALL_BYTES = 128 * 1024
const MAX_BYTES = 16 * 1024 * 1024
/** About twice what an isolate takes for a body, so that half of its time is left. */
const MS_PER_BYTE = 50 / (1024 * 1024)

interface Cell {
  /** Bytes of bodies that are here. */
  held: number
  /** When the next body may be worked on, in milliseconds. */
  freeAt: number
}

export class LargeBodies {
  readonly #cells = new Lru<Cell>(5_000)

  /** The place of one request's body. */
  of(databaseId: string): HeldBody {
    return new HeldBody(() => {
      const cell = this.#cells.get(databaseId) ?? { held: 0, freeAt: 0 }
      this.#cells.set(databaseId, cell)
      return cell
    })
  }
}

/** What one request has of its database's share, until `release`. */
export class HeldBody {
  /** Of a request without a body. */
  static readonly NONE = new HeldBody(() => ({ held: 0, freeAt: 0 }))

  readonly #find: () => Cell
  #cell: Cell | null = null
  #bytes = 0
  #counted = 0

  constructor(find: () => Cell) {
    this.#find = find
  }

  /** Throws `bodiesTooMany` where the database has too much here. */
  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= SMALL_BYTES) return
    this.#cell ??= this.#find()
    const more = this.#bytes - this.#counted
    if (this.#cell.held + more > MAX_BYTES) throw refusals.bodiesTooMany()
    this.#cell.held += more
    this.#counted = this.#bytes
  }

  /** How long to wait (ms) before the body is worked on; takes that place. */
  takeTurn(now: number): number {
    if (this.#cell === null) return 0
    const at = Math.max(now, this.#cell.freeAt)
    this.#cell.freeAt = at + this.#bytes * MS_PER_BYTE
    return at - now
  }

  /** Resolves when the body may be worked on. */
  async turn(): Promise<void> {
    const waitMs = this.takeTurn(Date.now())
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
  }

  release(): void {
    if (this.#cell) this.#cell.held -= this.#counted
    this.#counted = 0
    this.#cell = null
  }
}
