/** Bounds what is packed of a database, whose files may be many names of one, mostly holes, or none that Postgres makes. */

import { EngineError } from '../../errors.ts'
import { mostOfCopy, multiplied, SLACK_BYTES } from '../copies/copy-size.ts'

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
export const MOST_ENTRIES = 2_000_000
/** Postgres nests five: `pg_tblspc`, a tablespace, a release's folder, `pgsql_tmp`, a set of temporary files. */
const MOST_DEPTH = 8
/** The longest name that it gives has 62 characters, a mapping of a logical decoding; none has a character but these. */
const NAME = /^[\w.-]{1,100}$/

/** Throws `corrupt` for an entry that no data directory has: at a depth, or of a name, that Postgres does not give. */
export function requireKnownShape(name: string, depth: number): void {
  if (depth <= MOST_DEPTH && NAME.test(name)) return
  throw new EngineError('corrupt', 'the database has files of a kind that PostgreSQL does not make')
}

/** Of one pack. What is packed may be as much as the source takes by now: one that serves may grow. */
export class PackBudget {
  readonly #measure: () => Promise<number>
  #sourceBytes = 0
  #entries = 0
  #length = 0

  /** `measure` says what the source takes of the disk now, in bytes. */
  constructor(measure: () => Promise<number>) {
    this.#measure = measure
  }

  /** Called for each entry of each folder, packed or not. */
  look(): void {
    if (++this.#entries > MOST_ENTRIES) throw multiplied()
  }

  /** Called before a file of the pack is begun, with its length. */
  async enter(length: number): Promise<void> {
    this.#length += length
    await this.#require(() => this.#length <= mostLength(this.#sourceBytes))
  }

  /** Called with all that has been stored until now. */
  async stored(bytes: number): Promise<void> {
    await this.#require(() => bytes <= mostOfCopy(this.#sourceBytes))
  }

  async #require(isWithin: () => boolean): Promise<void> {
    if (isWithin()) return
    this.#sourceBytes = Math.max(this.#sourceBytes, await this.#measure())
    if (!isWithin()) throw multiplied()
  }
}
