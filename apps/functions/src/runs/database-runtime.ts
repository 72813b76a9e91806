/** The runtime of one database: a process while it is used, how many runs it takes at once, and when the next one comes in its place. */

import { HostError } from '../errors.ts'
import type { ConsoleLine } from '../process/output.ts'
import type { RuntimeHandlers, RuntimeProcess } from '../process/runtime-process.ts'

const MOST_RUNS = 32
const MOST_WAITING = 200
const QUEUE_MS = 15_000
const IDLE_MS = 60_000
/** The memory of a loaded version is never given back. */
const MOST_VERSIONS = 64
const PING_MS = 100
const ROOM_MS = 1_000
/** One that takes runs and one that ends with its last: each has the whole memory of a database's functions. */
const MOST_PROCESSES = 2

export interface RuntimeDeps {
  start(handlers: RuntimeHandlers): Promise<RuntimeProcess>
  onRequest: RuntimeHandlers['onRequest']
  onLine(line: ConsoleLine): void
  onLaunched(pid: number): void
  idleMs?: number
  /** How long a process may take to say that it still answers. */
  pingMs?: number
}

interface Current {
  process: RuntimeProcess
  inFlight: number
  versions: Set<string>
  /** Ends with its last run. */
  isDraining: boolean
}

export class DatabaseRuntime {
  readonly #deps: RuntimeDeps
  #starting: Promise<Current> | null = null
  #current: Current | null = null
  readonly #live = new Set<Current>()
  #running = 0
  readonly #waiting: (() => void)[] = []
  #idleTimer: NodeJS.Timeout | undefined
  /** While it is unclear whether the process still answers, nothing new is given to it. */
  #doubt: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(deps: RuntimeDeps) {
    this.#deps = deps
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0
  }

  get hasProcess(): boolean {
    return this.#live.size > 0 || this.#starting !== null
  }

  /** Does the work of one run on a process, as soon as there is a place. Rejects with a `HostError` where there comes none. */
  async use<T>(version: string, work: (process: RuntimeProcess) => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      const current = await this.#process()
      current.inFlight++
      current.versions.add(version)
      try {
        return await work(current.process)
      } finally {
        current.inFlight--
        if (current.versions.size >= MOST_VERSIONS) this.#drain(current)
        this.#endDrained(current)
      }
    } finally {
      this.#leave()
    }
  }

  /** After a run that was ended from outside: a process that does not answer any more is ended, with all runs in it. */
  settle(process: RuntimeProcess): Promise<void> {
    this.#doubt = this.#doubt.then(async () => {
      if (!process.isAlive || (await process.answersWithin(this.#deps.pingMs ?? PING_MS))) return
      process.kill()
      await process.ended
    })
    return this.#doubt
  }

  /** After a run that seems to have lacked memory: where the process can take no more, the next run starts another. */
  async replaceIfFull(process: RuntimeProcess): Promise<void> {
    const current = [...this.#live].find((each) => each.process === process)
    if (!current || current.isDraining) return
    if (!(await process.hasRoom(ROOM_MS))) this.#drain(current)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    await this.#starting?.catch(() => {})
    for (const { process } of this.#live) process.kill()
    await Promise.all([...this.#live].map(({ process }) => process.ended))
  }

  async #enter(): Promise<void> {
    clearTimeout(this.#idleTimer)
    if (this.#running >= MOST_RUNS) await this.#wait()
    else this.#running++
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) throw tooMany()
    return new Promise((resolve, reject) => {
      const admit = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1)
        reject(tooMany())
      }, QUEUE_MS)
      this.#waiting.push(admit)
    })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
    if (this.#running > 0 || this.#isClosed) return
    this.#idleTimer = setTimeout(() => {
      if (this.#current) this.#drain(this.#current)
    }, this.#deps.idleMs ?? IDLE_MS)
    this.#idleTimer.unref()
  }

  async #process(): Promise<Current> {
    await this.#doubt
    if (this.#isClosed) throw new HostError('unavailable', 'functions are being stopped')
    const current = this.#current
    if (current?.process.isAlive && !current.isDraining) return current
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null
    })
    return this.#starting
  }

  async #start(): Promise<Current> {
    await this.#makeRoom()
    const { start, onRequest, onLine, onLaunched } = this.#deps
    const process = await start({ onRequest, onLine, onLaunched })
    const current: Current = { process, inFlight: 0, versions: new Set(), isDraining: false }
    this.#current = current
    this.#live.add(current)
    void process.ended.then(() => this.#live.delete(current))
    return current
  }

  /** Ends those that drain, the oldest first, with the runs that are still in them. */
  async #makeRoom(): Promise<void> {
    for (const { process } of this.#live) {
      if (this.#live.size < MOST_PROCESSES) return
      process.kill()
      await process.ended
      // It leaves the set after this.
      await null
    }
  }

  #drain(current: Current): void {
    current.isDraining = true
    if (this.#current === current) this.#current = null
    this.#endDrained(current)
  }

  #endDrained({ isDraining, inFlight, process }: Current): void {
    if (isDraining && inFlight === 0) process.kill()
  }
}

function tooMany(): HostError {
  return new HostError('busy', 'too many runs of functions of this database wait')
}
