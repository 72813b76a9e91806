/** Watches what a start of a server writes, from its first process on. Linux counts it; elsewhere it is measured now and then. */
import type { ChildProcess } from 'node:child_process'
import { EngineError } from '../../errors.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { firstProcess } from '../process/processes.ts'
import { hiddenBytes } from './hidden.ts'
import { cutLog } from './log-file.ts'
import { FASTEST, type Growth, growthBetween, isMeasureDue, lookAfterMs, mostGrowth } from './pace.ts'
import { countedBytes, measure, type Used } from './usage.ts'
import {
  holdStill,
  NOTHING_WRITTEN,
  type ServerProcesses,
  serverProcesses,
  signalAll,
  type Written,
  writtenBy,
} from './written.ts'

/** How much of the disk a start may take. */
export interface GrowthBound {
  quotaBytes: number
  /** What counted of it before; infinite where that cannot be measured: then what is written counts. */
  countedBytes: number
  mostBytes: number
  /** Why it is ended where it takes more. */
  refusal: EngineError
}

export interface StartBound {
  /** What it took before the start; null: not known. */
  usedBefore: Used | null
  /** Null: as much as there is. */
  growth: GrowthBound | null
  /** From each first process until the server serves. */
  limitMs: number
  /** How long it may take where others need its place. */
  placeMs: number
}

export class StartWatch {
  readonly #files: ServerFiles
  readonly #bound: StartBound
  readonly #onEnded: () => void
  readonly #ended = new AbortController()
  #child: ChildProcess | undefined
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  /** When the server has to serve. */
  #dueAt = Number.POSITIVE_INFINITY
  /** At the last measurement, and what counted then. */
  #written: Written | null = NOTHING_WRITTEN
  #counted: number
  /** At the last look, and whether the counters may have lost something since the last measurement. */
  #last: Written | null = NOTHING_WRITTEN
  #isUncounted = false
  #measuredAt = Date.now()
  #tookMs = 0
  #failure: EngineError | null = null

  /** `onEnded` is told once, when it has ended a start. */
  constructor(files: ServerFiles, bound: StartBound, onEnded: () => void) {
    this.#files = files
    this.#bound = bound
    this.#onEnded = onEnded
    this.#counted = bound.growth?.countedBytes ?? 0
  }

  /** What it took before the start; null: not known. */
  get usedBefore(): Used | null {
    return this.#bound.usedBefore
  }

  /** How much may count of it; null: as much as there is. */
  get mostBytes(): number | null {
    return this.#bound.growth?.mostBytes ?? null
  }

  /** How long it may take where others need its place. */
  get placeMs(): number {
    return this.#bound.placeMs
  }

  /** Aborted when the start was ended. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** Why the start was ended; null where it was not. */
  get failure(): EngineError | null {
    return this.#failure
  }

  /** From now on this process is watched, with all that it starts. */
  readonly add = (child: ChildProcess): void => {
    this.#child = child
    this.#written = NOTHING_WRITTEN
    this.#last = NOTHING_WRITTEN
    if (this.#failure) {
      this.#kill(child)
      return
    }
    if (this.#dueAt === Number.POSITIVE_INFINITY) this.#dueAt = Date.now() + this.#bound.limitMs
    clearTimeout(this.#timer)
    this.#schedule()
  }

  /** The server serves: it has no limit of time any more. */
  serves(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
  }

  /** Ends the start, since another needs its place. */
  giveUp(): void {
    this.#fail(inTheWay())
  }

  /** The start is over. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    const headroom = this.#headroomBytes
    const pace = { isQuiet: false, count: 1, tookMs: this.#tookMs }
    const waitMs = Math.min(lookAfterMs(headroom, pace), LONGEST_WAIT_MS)
    this.#timer = setTimeout(() => void this.#tick(), waitMs).unref()
  }

  async #tick(): Promise<void> {
    const child = this.#child
    // One that has ended may have left its pid to another.
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const begunAt = performance.now()
    await this.#look(child).catch(() => {
      // It could not be measured now.
    })
    this.#tookMs = performance.now() - begunAt
    if (!this.#isOver && !this.#failure && this.#child === child) this.#schedule()
  }

  async #look(child: ChildProcess): Promise<void> {
    if (Date.now() > this.#dueAt) return this.#fail(tooLong())
    cutLog(this.#files.log)
    const { growth } = this.#bound
    if (growth === null || child.pid === undefined) return
    const server = this.#processes(child.pid)
    const written = writtenBy(server)
    const since = this.#growthUntil(written)
    const headroomBytes = this.#headroomBytes
    const elapsedMs = Date.now() - this.#measuredAt
    if (!isMeasureDue({ headroomBytes, growth: since, isChanged: true, elapsedMs })) return
    // What may be beyond its bound writes no more until that is known.
    const mayBeBeyond = mostGrowth(since, elapsedMs) > headroomBytes
    const held = mayBeBeyond ? holdStill(server) : []
    try {
      await this.#measure(growth, written)
      if (this.#counted > growth.mostBytes) this.#fail(growth.refusal)
    } finally {
      signalAll(held, 'SIGCONT')
    }
  }

  /** Since the last measurement. */
  #growthUntil(written: Written | null): Growth {
    if (growthBetween(this.#last, written) === FASTEST) this.#isUncounted = true
    this.#last = written
    return this.#isUncounted ? FASTEST : growthBetween(this.#written, written)
  }

  async #measure(growth: GrowthBound, written: Written | null): Promise<void> {
    this.#measuredAt = Date.now()
    this.#isUncounted = false
    if (!Number.isFinite(growth.countedBytes)) {
      this.#counted = written?.isAll ? written.bytes : Number.POSITIVE_INFINITY
      return
    }
    const used = await measure(this.#files)
    const hidden = written === null ? 0 : hiddenBytes(written.pids, this.#files.data)
    this.#counted = countedBytes({ ...used, bytes: used.bytes + hidden }, growth.quotaBytes)
    this.#written = written
  }

  get #headroomBytes(): number {
    const { growth } = this.#bound
    if (growth === null) return Number.POSITIVE_INFINITY
    const counted = Number.isFinite(this.#counted) ? this.#counted : 0
    return Math.max(growth.mostBytes - counted, 0)
  }

  #fail(failure: EngineError): void {
    if (this.#failure || this.#isOver) return
    this.#failure = failure
    if (this.#child) this.#kill(this.#child)
    this.#onEnded()
    this.#ended.abort()
  }

  #kill({ pid }: ChildProcess): void {
    if (pid !== undefined) signalAll([...holdStill(this.#processes(pid)), pid], 'SIGKILL')
  }

  #processes(launched: number): ServerProcesses {
    return serverProcesses({ pid: firstProcess(launched) }, this.#files)
  }
}

/** The limit of time and the log are looked at as often. */
const LONGEST_WAIT_MS = 100

const inTheWay = () =>
  new EngineError(
    'unavailable',
    'the database took long to start, and others need its place; try again later',
  )
const tooLong = () => new EngineError('failed', 'the database did not start in time')
