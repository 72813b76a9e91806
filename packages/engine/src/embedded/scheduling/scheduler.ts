/** Carries out what the scheduling policy decides: lets starts begin, and has idle databases put to sleep. */
import { EngineError } from '../../errors.ts'
import { decide, type SchedulingLimits, type ServerState, type Share, type Stop } from './policy.ts'

/** How an attempt to put a database to sleep ended; where it was in use, when it was used last. */
export type SleepOutcome = { asleep: true } | { asleep: false; lastUsedAt: number }

export interface ServerSchedulerOptions extends SchedulingLimits {
  /** Stops a database unless it is in use. Must not reject. */
  putToSleep(stop: Stop): Promise<SleepOutcome>
  /** Ends the start of a database, for which `left` is called then. */
  giveUp(id: string): void
  /** Whether its server is still there. */
  isAlive(id: string): boolean
  clock?: () => number
}

/** What a database asks for. */
export interface Entry {
  shares: readonly Share[]
  /** How long its start may take where others need its place, in milliseconds. */
  startMs: number
}

interface Waiter extends Entry {
  id: string
  since: number
  resolve(): void
  reject(error: EngineError): void
}

/** The place of a server that died by itself is free after this at the latest. */
const LOOK_MS = 5_000
/** `setTimeout` takes no more. */
const LONGEST_MS = 2 ** 31 - 1

/** Counts the servers, lets the next start begin, and has idle databases put to sleep, as `decide` says. */
export class ServerScheduler {
  readonly #options: ServerSchedulerOptions
  readonly #clock: () => number
  readonly #servers = new Map<string, ServerState>()
  readonly #waiting: Waiter[] = []
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: ServerSchedulerOptions) {
    this.#options = options
    this.#clock = options.clock ?? Date.now
  }

  /** Waits for a place among those that run. Rejects with `at_capacity`, or with `unavailable` once given up. */
  enter(id: string, entry: Entry, signal: AbortSignal): Promise<void> {
    if (this.#isClosed) return Promise.reject(closing())
    return new Promise((resolve, reject) => {
      const waiter = { id, since: this.#clock(), ...entry, resolve, reject }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', () => this.#forget(waiter) && reject(givenUp()), { once: true })
      this.settle()
    })
  }

  /** From now on the database can be put to sleep. A server that survived a crash of ours was never let in, and is now. */
  started(id: string, shares: readonly Share[], suspendAfterMs: number): void {
    const times = { lastUsedAt: this.#clock(), startDueAt: Number.POSITIVE_INFINITY, suspendAfterMs }
    this.#servers.set(id, { phase: 'running', ...times, shares })
    this.settle()
  }

  /** The database has no server any more, or its start has failed. */
  left(id: string): void {
    if (this.#servers.delete(id)) this.settle()
  }

  touch(id: string): void {
    const server = this.#servers.get(id)
    if (server) server.lastUsedAt = this.#clock()
  }

  lastUsedAt(id: string): number {
    return this.#servers.get(id)?.lastUsedAt ?? 0
  }

  setSuspendAfter(id: string, suspendAfterMs: number): void {
    const server = this.#servers.get(id)
    if (!server) return
    server.suspendAfterMs = suspendAfterMs
    this.settle()
  }

  /** From now on no database is put to sleep, and none is let in. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closing())
  }

  /** Decides, and begins what was decided. */
  settle(): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    for (const [id, { phase }] of this.#servers) {
      if (phase === 'running' && !this.#options.isAlive(id)) this.#servers.delete(id)
    }
    const now = this.#clock()
    const state = { servers: this.#servers, waiting: this.#waiting }
    const { admit, refuse, stop, giveUp, nextAt } = decide(state, this.#options, now)
    for (const waiter of this.#take(admit)) {
      this.#servers.set(waiter.id, {
        phase: 'starting',
        lastUsedAt: now,
        startDueAt: now + waiter.startMs,
        suspendAfterMs: Number.POSITIVE_INFINITY,
        shares: waiter.shares,
      })
      waiter.resolve()
    }
    for (const waiter of this.#take(refuse)) waiter.reject(atCapacity())
    for (const each of stop) void this.#stop(each)
    for (const id of giveUp) {
      const server = this.#servers.get(id)
      if (!server) continue
      server.phase = 'stopping'
      this.#options.giveUp(id)
    }
    if (this.#servers.size === 0 && this.#waiting.length === 0) return
    const waitMs = Math.min(nextAt - now, LOOK_MS, LONGEST_MS)
    this.#timer = setTimeout(() => this.settle(), waitMs).unref()
  }

  async #stop(stop: Stop): Promise<void> {
    const server = this.#servers.get(stop.id)
    if (!server) return
    server.phase = 'stopping'
    const outcome = await this.#options.putToSleep(stop)
    if (this.#servers.get(stop.id) !== server) return
    if (outcome.asleep) this.#servers.delete(stop.id)
    else {
      server.phase = 'running'
      server.lastUsedAt = Math.max(server.lastUsedAt, outcome.lastUsedAt)
    }
    this.settle()
  }

  #take(ids: string[]): Waiter[] {
    return ids.flatMap((id) => {
      const waiter = this.#waiting.find((each) => each.id === id)
      return waiter && this.#forget(waiter) ? [waiter] : []
    })
  }

  #forget(waiter: Waiter): boolean {
    const index = this.#waiting.indexOf(waiter)
    if (index >= 0) this.#waiting.splice(index, 1)
    return index >= 0
  }
}

const closing = () => new EngineError('unavailable', 'the engine is shutting down')
const givenUp = () => new EngineError('unavailable', 'the database was stopped while it was starting')
const atCapacity = () =>
  new EngineError(
    'at_capacity',
    'as many databases run as may here, or of this account, and none of them is idle; try again in a moment',
  )
