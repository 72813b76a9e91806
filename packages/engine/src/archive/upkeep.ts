import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ORIGIN_FILE } from '../copies/origin.ts'
import type { Source } from '../copies/source.ts'
import { removeFolder, removeTree } from '../files.ts'
import type { Placement } from '../placement.ts'
import { WAL_SEGMENT_BYTES } from '../settings.ts'
import {
  archiveBehindSince,
  basesFolder,
  listArchive,
  listBases,
  sweepArchive,
  TEMPLATE_BASE,
} from './archive.ts'
import { makeBase } from './bases.ts'
import { decideRetention } from './retention.ts'

export interface UpkeepOptions {
  /** Every moment of this long ago until now can be restored. */
  windowMs: number
  /** The databases that there are. */
  list(): string[]
  source(id: string): Source
  exists(id: string): boolean
  clock?: () => number
}

/** An archive that does not do what it is for. */
export interface ArchiveFailure {
  id: string
  since: Date
}

const INTERVAL_MS = 60_000
const LEAST_WAL_BYTES = 64 * 2 ** 20

/** Keeps the archives such that every moment of the window can be restored, and no longer than that; one after the other. */
export class Upkeep {
  readonly #placement: Placement
  readonly #options: UpkeepOptions
  readonly #clock: () => number
  /** Databases whose archive is read. */
  readonly #held = new Map<string, number>()
  readonly #working = new Map<string, { abort: AbortController; done: Promise<void> }>()
  readonly #failures = new Map<string, Date>()
  #last: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(placement: Placement, options: UpkeepOptions) {
    this.#placement = placement
    this.#options = options
    this.#clock = options.clock ?? Date.now
  }

  /** Begins, and goes on every minute. */
  open(): void {
    if (this.#isClosed || this.#timer) return
    this.#timer = setInterval(() => void this.tendAll(), INTERVAL_MS).unref()
    void this.tendAll()
  }

  async tendAll(): Promise<void> {
    for (const id of this.#options.list()) await this.tend(id)
  }

  /** Does what is due for one database, after what was asked for before. A failure is told by `failures`. */
  tend(id: string): Promise<void> {
    const turn = this.#last.then(() => this.#tend(id))
    this.#last = turn
    return turn
  }

  /** While `work` runs nothing is removed from the archive. */
  async hold<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#held.set(id, (this.#held.get(id) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#held.get(id) ?? 1) - 1
      if (left > 0) this.#held.set(id, left)
      else this.#held.delete(id)
    }
  }

  /** Lets go of a database whose folder is about to be moved or removed. */
  async leave(id: string): Promise<void> {
    const working = this.#working.get(id)
    working?.abort.abort()
    await working?.done
    this.#failures.delete(id)
  }

  failures(): ArchiveFailure[] {
    const behind = this.#options.list().flatMap((id) => {
      const since = archiveBehindSince(this.#options.source(id).files, this.#clock())
      return since ? [{ id, since }] : []
    })
    const isBehind = new Set(behind.map(({ id }) => id))
    return [
      ...behind,
      ...[...this.#failures].flatMap(([id, since]) => (isBehind.has(id) ? [] : [{ id, since }])),
    ]
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const { abort } of this.#working.values()) abort.abort()
    await this.#last
  }

  async #tend(id: string): Promise<void> {
    if (this.#isClosed || !this.#options.exists(id)) return
    const abort = new AbortController()
    const done = this.#keep(id, abort.signal).then(
      () => void this.#failures.delete(id),
      () =>
        void (
          abort.signal.aborted ||
          this.#failures.has(id) ||
          this.#failures.set(id, new Date(this.#clock()))
        ),
    )
    this.#working.set(id, { abort, done })
    await done
    this.#working.delete(id)
  }

  async #keep(id: string, signal: AbortSignal): Promise<void> {
    const source = this.#options.source(id)
    const { files } = source
    sweepArchive(files, this.#clock())
    if (this.#decide(source).isBaseDue) await makeBase(this.#placement, source, signal)
    if (this.#held.has(id)) return
    const { removeBases, removeSegments } = this.#decide(source)
    for (const name of removeBases) {
      if (name === TEMPLATE_BASE) rmSync(join(files.folder, ORIGIN_FILE), { force: true })
      else await removeFolder(join(basesFolder(files), name))
    }
    for (const name of removeSegments) await removeTree(join(files.archive, name))
  }

  #decide({ files }: Source) {
    const segments = listArchive(files)
    const isMuch = segments.length * WAL_SEGMENT_BYTES > LEAST_WAL_BYTES
    return decideRetention(
      { bases: listBases(files), segments, dataBytes: isMuch ? bytesOf(files.data) : 0 },
      { windowMs: this.#options.windowMs, segmentBytes: WAL_SEGMENT_BYTES, leastWalBytes: LEAST_WAL_BYTES },
      this.#clock(),
    )
  }
}

/** Of all files below a folder, those that vanish meanwhile left out. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0)
}
