/** Maintains the archives of databases: takes what servers hand over, makes bases, and removes what is too old. */
import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { removeTree } from '../cluster/files.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerFolder } from '../cluster/removal.ts'
import { Counts } from '../concurrency/counts.ts'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import { Slots, type SlotsOptions } from '../concurrency/slots.ts'
import { ORIGIN_FILE } from '../copies/origin.ts'
import type { Source } from '../copies/source.ts'
import { WAL_SEGMENT_BYTES } from '../process/postgres-settings.ts'
import { diskUsage } from '../storage/disk-usage.ts'
import { archiveBehindSince, basesFolder, listArchive, listBases, TEMPLATE_BASE } from './archive.ts'
import { makeBase } from './bases.ts'
import { ArchiveInbox } from './inbox.ts'
import { decideRetention } from './retention.ts'

export interface ArchiveMaintainerOptions {
  /** Each point in time from this long ago until now can be restored. */
  windowMs: number
  /** Ids of all databases. */
  list(): string[]
  source(id: string): Source
  exists(id: string): boolean
  /** What a database's archive may take, in bytes; null: any. */
  limitBytes(id: string): number | null
  /** What a server may take for each statement of a base. */
  statementLimitMs?: number
  /** How many databases are maintained at once, and after what time one gives its slot to the next. */
  slots?: SlotsOptions
  clock?: () => number
}

/** An archive that does not do what it is for. */
export interface ArchiveFailure {
  id: string
  since: Date
}

const INTERVAL_MS = 60_000
/** A server can write a gigabyte and more in a minute: one whose archive has a limit is looked at sooner. */
const LIMITED_INTERVAL_MS = 10_000
/** What waits in an inbox counts as the database's own. */
const INBOX_INTERVAL_MS = 1_000
/** Between bases of which one made no room. */
const USELESS_BASE_MS = 60_000
const LEAST_WAL_BYTES = 64 * 2 ** 20
/** Who takes longer copies much, or waits for a server that does not answer: neither puts off what the others need. */
const SLOTS: SlotsOptions = { count: 4, longestMs: 30_000 }

/**
 * Keeps each archive so that every point in time of the window can be restored, and nothing older. Works on a few at once,
 * since most of it is work of the disk. A server that does not answer holds up no other database.
 */
export class ArchiveMaintainer {
  readonly #placement: Placement
  readonly #options: ArchiveMaintainerOptions
  readonly #clock: () => number
  /** Databases whose archive is read, so that nothing may be removed from it. */
  readonly #pinned = new Counts()
  /** Those over their limit where nothing can be removed until they are read no more. */
  readonly #overdue = new Set<string>()
  /** Maintenance under way, and maintenance that waits for its turn. */
  readonly #working = new Map<string, AbortController>()
  readonly #waiting = new Map<string, Promise<void>>()
  /** Databases on which no maintenance begins. */
  readonly #suspended = new Counts()
  readonly #mutex = new KeyedMutex()
  readonly #slots: Slots
  readonly #failures = new Map<string, Date>()
  /** Takes what servers hand over. */
  readonly inbox: ArchiveInbox
  /** Databases whose last base was of no use, and when the next one may be made. */
  readonly #nextBase = new Map<string, number>()
  #timers: NodeJS.Timeout[] = []
  #isClosed = false

  constructor(placement: Placement, options: ArchiveMaintainerOptions) {
    this.#placement = placement
    this.#options = options
    this.#clock = options.clock ?? Date.now
    this.#slots = new Slots(options.slots ?? SLOTS)
    this.inbox = new ArchiveInbox(({ folder }) => options.limitBytes(basename(folder)))
  }

  /** Begins, and goes on every minute; where there is a limit, more often. */
  open(): void {
    if (this.#isClosed || this.#timers.length > 0) return
    this.#timers = [
      setInterval(() => void this.maintainAll(), INTERVAL_MS).unref(),
      // A database may go while it is looked at; the next look does the rest.
      setInterval(
        oneAtATime(() => this.maintainLimited()),
        LIMITED_INTERVAL_MS,
      ).unref(),
      setInterval(
        oneAtATime(() => this.takeFromRunning()),
        INBOX_INTERVAL_MS,
      ).unref(),
    ]
    void this.maintainAll()
  }

  async maintainAll(): Promise<void> {
    await Promise.all(this.#options.list().map((id) => this.maintain(id)))
  }

  /** Takes what the servers that run have handed over. What goes wrong is told by the next look at the archive. */
  async takeFromRunning(): Promise<void> {
    const { list, source } = this.#options
    for (const id of list()) {
      const { find, files } = source(id)
      if (find() !== null) await this.inbox.take(files, this.#clock()).catch(() => {})
    }
  }

  /** Maintains the archives that have a limit and whose servers run. */
  async maintainLimited(): Promise<void> {
    const { list, source, limitBytes } = this.#options
    const limited = list().filter((id) => source(id).find() !== null && limitBytes(id) !== null)
    await Promise.all(limited.map((id) => this.maintain(id)))
  }

  /** Does what is due for one database, after what was asked for before. Never rejects: `failures` lists what went wrong. */
  maintain(id: string): Promise<void> {
    const waiting = this.#waiting.get(id)
    if (waiting) return waiting
    // A call that comes once maintenance has begun, or was cancelled, waits for the next one.
    const begun = () => {
      if (this.#waiting.get(id) === turn) this.#waiting.delete(id)
    }
    const turn = this.#mutex.run(id, () => this.#maintain(id, begun).finally(begun))
    this.#waiting.set(id, turn)
    return turn
  }

  /**
   * While `work` runs nothing is removed from the archive. `unavailable` while that waits for the readers before it: else
   * one reader after the other would keep an archive over its limit for ever.
   */
  async whilePinned<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.#overdue.has(id))
      throw new EngineError('unavailable', 'the archive of the database is over its limit and is being cut')
    return this.#pinned.during(id, work)
  }

  /** Does `work` that moves or removes the folder of a database: maintenance under way is cancelled, and none begins meanwhile. */
  async withoutMaintenance<T>(id: string, work: () => Promise<T>): Promise<T> {
    const inTurn = () =>
      this.#mutex.run(id, async () => {
        this.#failures.delete(id)
        this.#overdue.delete(id)
        this.#nextBase.delete(id)
        return work()
      })
    this.#working.get(id)?.abort()
    return this.#suspended.during(id, inTurn)
  }

  async failures(): Promise<ArchiveFailure[]> {
    const behind: ArchiveFailure[] = []
    for (const id of this.#options.list()) {
      const { files } = this.#options.source(id)
      // What cannot be looked at is none of Postgres' own, and as good as no archive.
      const since = await archiveBehindSince(files, this.#clock()).catch(() => new Date(this.#clock()))
      if (since) behind.push({ id, since })
    }
    const isBehind = new Set(behind.map(({ id }) => id))
    return [
      ...behind,
      ...[...this.#failures].flatMap(([id, since]) => (isBehind.has(id) ? [] : [{ id, since }])),
    ]
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const abort of this.#working.values()) abort.abort()
    await this.#mutex.settled()
  }

  /** Calls `begin` before it reads anything. */
  async #maintain(id: string, begin: () => void): Promise<void> {
    const abort = new AbortController()
    this.#working.set(id, abort)
    try {
      if (this.#isClosed || this.#suspended.has(id)) return
      await this.#slots.run(async () => {
        begin()
        if (this.#options.exists(id)) await this.#bringUpToDate(id, abort.signal)
      }, abort.signal)
      this.#failures.delete(id)
    } catch {
      if (!abort.signal.aborted && !this.#failures.has(id)) this.#failures.set(id, new Date(this.#clock()))
    } finally {
      this.#working.delete(id)
    }
  }

  async #bringUpToDate(id: string, signal: AbortSignal): Promise<void> {
    const source = this.#options.source(id)
    const { files } = source
    await this.inbox.take(files, this.#clock())
    const isBaseDue =
      (await this.#decide(id, source)).isBaseDue && this.#clock() >= (this.#nextBase.get(id) ?? 0)
    if (isBaseDue) await this.#makeBase(id, source, signal)
    const { removeBases, removeSegments, isCut, isBaseDue: isDueAgain } = await this.#decide(id, source)
    // The log grows faster than bases are made, or the server hands over what no base of its own can follow.
    if (isBaseDue && isDueAgain) this.#nextBase.set(id, this.#clock() + USELESS_BASE_MS)
    if (!isDueAgain) this.#nextBase.delete(id)
    if (this.#pinned.has(id)) {
      if (isCut) this.#overdue.add(id)
      return
    }
    this.#overdue.delete(id)
    for (const name of removeBases) {
      if (name === TEMPLATE_BASE) rmSync(join(files.folder, ORIGIN_FILE), { force: true })
      else await removeServerFolder(this.#placement, join(basesFolder(files), name))
    }
    for (const name of removeSegments) await removeTree(join(files.archive, name))
  }

  /** A base that fails is tried again after as long as the attempt took. */
  async #makeBase(id: string, source: Source, signal: AbortSignal): Promise<void> {
    const since = this.#clock()
    try {
      await makeBase(this.#placement, source, { signal, limitMs: this.#options.statementLimitMs })
    } catch (error) {
      const now = this.#clock()
      this.#nextBase.set(id, now + (now - since))
      throw error
    }
  }

  async #decide(id: string, { files }: Source) {
    const segments = listArchive(files)
    const isMuch = segments.length * WAL_SEGMENT_BYTES > LEAST_WAL_BYTES
    return decideRetention(
      { bases: listBases(files), segments, dataBytes: isMuch ? await diskUsage(files.data) : 0 },
      {
        windowMs: this.#options.windowMs,
        segmentBytes: WAL_SEGMENT_BYTES,
        leastWalBytes: LEAST_WAL_BYTES,
        limitBytes: this.#options.limitBytes(id),
      },
      this.#clock(),
    )
  }
}

/** For a timer: left out while the time before is not over. */
function oneAtATime(work: () => Promise<void>): () => void {
  let isBusy = false
  return () => {
    if (isBusy) return
    isBusy = true
    void work()
      .catch(() => undefined)
      .finally(() => {
        isBusy = false
      })
  }
}
