/** Bounds what is packed of a database, whose files may be many names of one, or mostly holes. */
import { bytesOf, mostOfCopy, multiplied, SLACK_BYTES } from '../copies/room.ts'

/**
 * Times what the files take: so much longer they may be. A hash index has holes, and a file system may compress what it
 * stores; a file of holes alone is of any length.
 */
const MOST_LENGTH = 32
/** How long the files of a database may be that takes so many bytes. */
export function mostLength(sourceBytes: number): number {
  return MOST_LENGTH * sourceBytes + SLACK_BYTES
}

/** A database of many thousand tables has some hundred thousand files. */
const MOST_ENTRIES = 2_000_000
/** Postgres nests six folders. */
const MOST_DEPTH = 16

/** Of one pack. What is packed may be as much as the source takes by now: one that serves may grow. */
export class PackBudget {
  readonly #source: string
  #sourceBytes = 0
  #entries = 0
  #length = 0

  constructor(source: string) {
    this.#source = source
  }

  /** Called before an entry of the pack is begun, with its length. */
  async enter(length: number): Promise<void> {
    this.#entries++
    this.#length += length
    if (this.#entries > MOST_ENTRIES) throw multiplied()
    await this.#require(() => this.#length <= mostLength(this.#sourceBytes))
  }

  /** Called with all that has been stored until now. */
  async stored(bytes: number): Promise<void> {
    await this.#require(() => bytes <= mostOfCopy(this.#sourceBytes))
  }

  /** What nests deeper is not looked into. */
  requireDepth(depth: number): void {
    if (depth > MOST_DEPTH) throw multiplied()
  }

  async #require(isWithin: () => boolean): Promise<void> {
    if (isWithin()) return
    this.#sourceBytes = Math.max(this.#sourceBytes, await bytesOf([this.#source]))
    if (!isWithin()) throw multiplied()
  }
}
