/** Holds databases to what they may take of the disk. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { StorageState } from '@db9/types/internal'
import type { ServerFiles } from '../cluster/server-files.ts'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { forgetStatements, settingsFor } from './apply.ts'
import { Enforcer } from './enforcer.ts'
import { freeBytes } from './free-bytes.ts'
import { cutLog } from './log-file.ts'
import { Measurer } from './measurer.ts'
import type { StartWatch } from './start-watch.ts'
import { Starts } from './starts.ts'
import {
  gradeOf,
  type Held,
  type Step,
  step,
  UNLIMITED,
  USUAL_WAL_BYTES,
  type Usage,
  walSize,
} from './state.ts'
import { areKept, countedBytes, hasLongTexts, NOTHING, type Used } from './usage.ts'
import { type Target, Watches } from './watches.ts'
import { holdStill, NOTHING_WRITTEN, serverProcesses, signalAll, type Written, writtenBy } from './written.ts'

export interface QuotasOptions {
  dataFolder: string
  /** The volume is low on space below this: databases that grow are closed, at a quarter of it all of them. */
  lowBytes: number
  /** Bytes, or null for no quota. */
  quotaOf(id: string): number | null
  /** Servers that run now. */
  running(): Target[]
  /** Told when what a database may do has changed. */
  onChange(target: Target): void
  /** Takes what waits for the archive out of the database's folder. */
  relieve(target: Target): Promise<void>
  /** Ends the server and all that it started, at once. */
  kill(target: Target): Promise<void>
  /** Opens to the service what a server that does not run has closed to it. */
  open(files: ServerFiles): Promise<void>
}

/** A database whose server is about to start. */
export interface Starting {
  id: string
  files: ServerFiles
  /** A copy of the template, in which nothing of an owner's has run. */
  isFresh: boolean
}

/** What a look at a server has found. */
interface Found {
  used: Used
  previous: number | null
  quotaBytes: number | null
  written: Written | null
}

const LOOK_MS = 10_000
const LOOKS_AT_ONCE = 8
/** A server that does not answer within this is measured as it is. */
const END_LIMIT_MS = 5_000
/** A write-ahead log that is so much longer than usual is not kept longer than it has to be. */
const LONG_BYTES = 8 * 2 ** 20
/** From here on databases without a quota are measured, too, so that those that grow are known. */
const NEAR = 4
const GROWTH_BYTES = 4 * 2 ** 20

/**
 * Looks at servers with a quota as often as their speed and what they have left ask for, at the volume now and then, and at
 * each start of a server.
 */
export class Quotas {
  readonly #options: QuotasOptions
  /** Those that may not do everything. */
  readonly #held = new Map<string, Held>()
  readonly #watches: Watches
  /** What each took when the volume began to be low. */
  readonly #baselines = new Map<string, number>()
  readonly #measurer: Measurer
  readonly #enforcer: Enforcer
  /** What each took that was within its bounds when its server was stopped: since then nothing writes there. */
  readonly #asleep = new Map<string, Used>()
  readonly #checks = new KeyedMutex()
  readonly #starts: Starts
  #freeBytes = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #look: Promise<void> = Promise.resolve()

  constructor(options: QuotasOptions) {
    this.#options = options
    this.#measurer = new Measurer(options.relieve)
    this.#enforcer = new Enforcer(options.kill)
    this.#watches = new Watches({ check: (target) => this.check(target), heldOf: (id) => this.#held.get(id) })
    this.#starts = new Starts({
      quotaOf: options.quotaOf,
      heldOf: (id) => this.#held.get(id),
      hold: (id, held) => this.#held.set(id, held),
      decide: (id, found) => this.#decide(id, { ...found, previous: null }),
      open: options.open,
    })
  }

  /** Before a server starts: rejects where it stays closed, else gives what holds its start to its bounds. */
  beginStart({ id, files, isFresh }: Starting): Promise<StartWatch> {
    const used = isFresh ? NOTHING : (this.#asleep.get(id) ?? null)
    this.#asleep.delete(id)
    return this.#starts.begin({ id, files, used })
  }

  start(): void {
    const look = () => {
      this.#look = this.#look.then(() => this.look()).catch(() => {})
    }
    look()
    this.#timer ??= setInterval(look, LOOK_MS).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#watches.close()
    await this.#look
  }

  stateOf(id: string): StorageState {
    return this.#held.get(id)?.state ?? 'ok'
  }

  /** Looks at every server that runs. One that cannot be asked now is asked the next time. */
  async look(): Promise<void> {
    this.#freeBytes = await freeBytes(this.#options.dataFolder)
    if (!this.#isNear) this.#baselines.clear()
    const targets = this.#options.running().values()
    const work = async () => {
      for (const target of targets) await this.check(target).catch(() => {})
    }
    // Side by side: an owner's lock makes one of them slow to answer, and must not put off the look at the others.
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, work))
  }

  /** Holds one server to its quota, and from now on watches it; costs a look at a file where it has none and there is room. */
  check(target: Target): Promise<void> {
    // One look at a time: an earlier one, by a quota that has been changed since, must not have the last word.
    return this.#checks.run(target.id, () => this.#check(target))
  }

  /** Watches a server that was copied from the template just now, and can have taken nothing yet. */
  admitFresh(target: Target): void {
    const quotaBytes = this.#options.quotaOf(target.id)
    if (quotaBytes === null) return
    const written = writtenBy(serverProcesses(target.server, target.files))
    this.#watches.found(target, { quotaBytes, measured: NOTHING, written })
  }

  /**
   * Watches a server that has just started. Where what it took before is certainly within its quota, the measurement follows
   * within two seconds, and the start does not wait for it.
   */
  async admit(target: Target, usedBefore: Used | null): Promise<void> {
    const quotaBytes = this.#options.quotaOf(target.id)
    if (usedBefore === null || quotaBytes === null || !this.#isWithin(target, usedBefore, quotaBytes))
      return this.check(target)
    this.#watches.found(target, { quotaBytes, measured: usedBefore, written: NOTHING_WRITTEN })
  }

  /** Whether a server that took so much before its start may do everything, and has the settings for it. */
  #isWithin({ id, server, files }: Target, usedBefore: Used, quotaBytes: number): boolean {
    if (this.#isNear || this.#held.has(id)) return false
    const written = writtenBy(serverProcesses(server, files))
    if (!written?.isAll || countedBytes(usedBefore, quotaBytes) + written.bytes > quotaBytes) return false
    return areKept(files, settingsFor('ok', quotaBytes))
  }

  /** It has no server any more. What is known of it counts for the next. */
  leave(id: string): void {
    const used = this.#held.has(id) ? null : this.#watches.lastUsed(id)
    if (used) this.#asleep.set(id, used)
    this.#unwatch(id)
  }

  forget(id: string): void {
    this.#unwatch(id)
    this.#asleep.delete(id)
    this.#held.delete(id)
    this.#baselines.delete(id)
  }

  #unwatch(id: string): void {
    this.#watches.leave(id)
    this.#measurer.leave(id)
  }

  get #isNear(): boolean {
    return this.#freeBytes < NEAR * this.#options.lowBytes
  }

  async #check(target: Target): Promise<void> {
    const { id, server, files } = target
    cutLog(files.log)
    const quotaBytes = this.#options.quotaOf(id)
    if (quotaBytes === null) this.#unwatch(id)
    const isKept = areKept(files, settingsFor('ok', quotaBytes))
    if (quotaBytes === null && !this.#isNear && !this.#held.has(id) && isKept) return
    const written = writtenBy(serverProcesses(server, files))
    const previous = this.#watches.countedBytes(id)
    if (written && this.#watches.mayBeBeyond(id, written))
      return this.#checkStopped(target, { quotaBytes, written, previous })
    const used = await this.#measure(target, written)
    await this.#found(target, { used, previous, quotaBytes, written })
  }

  /** Measures a server that stands still meanwhile, so that it writes no more before it is known what is to be done. */
  async #checkStopped(
    target: Target,
    found: Omit<Found, 'used' | 'written'> & { written: Written },
  ): Promise<void> {
    const held = holdStill(serverProcesses(target.server, target.files))
    let used: Used
    try {
      used = await this.#measurer.used(target, found.written)
      const { action } = this.#decide(target.id, { ...found, used })
      if (action === 'kill') return await this.#found(target, { ...found, used })
    } finally {
      signalAll(held, 'SIGCONT')
    }
    const isDone = !hasLongTexts(target.files)
    await this.#found(target, {
      ...found,
      used: isDone ? used : await this.#measure(target, found.written),
    })
  }

  #decide(id: string, found: Omit<Found, 'written'>): Step {
    return step(this.#held.get(id) ?? UNLIMITED, this.#usageOf(id, found), Date.now())
  }

  async #found(target: Target, { used, previous, quotaBytes, written }: Found): Promise<void> {
    const { id } = target
    const before = this.stateOf(id)
    const next = this.#decide(id, { used, previous, quotaBytes })
    if (quotaBytes !== null) this.#watches.found(target, { quotaBytes, measured: used, written })
    if (next.held.state === 'ok') this.#held.delete(id)
    else this.#held.set(id, next.held)
    try {
      await this.#enforcer.enforce(target, next, quotaBytes)
    } finally {
      if (next.held.state !== before) this.#options.onChange(target)
    }
    const usual = quotaBytes === null ? USUAL_WAL_BYTES : walSize(quotaBytes)
    if (next.held.state !== 'ok' && used.walBytes > usual + LONG_BYTES) this.#enforcer.shortenLog(target)
  }

  #usageOf(id: string, { used, previous, quotaBytes }: Omit<Found, 'written'>): Usage {
    const volume = gradeOf(this.#freeBytes, this.#options.lowBytes)
    const { bytes, walBytes } = used
    const usedBytes = quotaBytes === null ? bytes : countedBytes(used, quotaBytes)
    const amounts = { usedBytes, dataBytes: bytes - walBytes, walBytes, previousBytes: previous }
    const found = { ...amounts, quotaBytes, volume }
    if (!this.#isNear) return { ...found, isGrowing: false }
    const baseline = this.#baselines.get(id) ?? usedBytes
    this.#baselines.set(id, baseline)
    return { ...found, isGrowing: usedBytes - baseline > GROWTH_BYTES }
  }

  /** What the database takes, after what it no longer needs was given back. */
  async #measure(target: Target, written: Written | null): Promise<Used> {
    if (hasLongTexts(target.files)) {
      const work = asSuperuser(target.server, 'template1', forgetStatements).catch(() => {})
      await Promise.race([work, sleep(END_LIMIT_MS)])
    }
    return this.#measurer.used(target, written)
  }
}
