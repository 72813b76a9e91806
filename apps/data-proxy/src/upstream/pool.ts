import type { ConnectReply } from '@db9/types/internal'
import type { Directory } from '../directory.ts'
import { busy, ProxyError, unavailable } from '../errors.ts'
import type { ErrorFields } from '../wire/backend.ts'
import { UpstreamConnection } from './connection.ts'
import { pooledParameters } from './parameters.ts'

/** A few connections carry more than many: each more is one more process for two cores to switch between. */
const CORE_SIZE = 4
/** Statements that take longer than this hold others up, so that one more connection is worth its price. */
const GROW_AFTER_MS = 20
const MAX_SIZE = 16
const MAX_WAITING = 500
const MAX_WAIT_MS = 10_000
const IDLE_MS = 60_000

interface Waiter {
  resolve(connection: UpstreamConnection): void
  reject(error: Error): void
  timers: NodeJS.Timeout[]
}

interface Idle {
  connection: UpstreamConnection
  since: number
}

/**
 * The pooled sessions of one role in one database. Waiting callers are served in the order they came; over the bound
 * they are refused at once.
 */
export class Pool {
  readonly #databaseId: string
  readonly #role: string
  readonly #directory: Directory
  readonly #idle: Idle[] = []
  readonly #waiting: Waiter[] = []
  #size = 0
  #epoch = ''
  #closed = false

  constructor(databaseId: string, role: string, directory: Directory) {
    this.#databaseId = databaseId
    this.#role = role
    this.#directory = directory
  }

  /** A session for one pipeline; give it back with `release`. Throws a `ProxyError`. */
  async acquire(): Promise<UpstreamConnection> {
    const idle = this.#takeIdle()
    if (idle) return idle
    if (this.#size < CORE_SIZE) return this.#open()
    if (this.#waiting.length >= MAX_WAITING) throw busy()
    return this.#wait()
  }

  /** Takes a session back; one that is not known to be clean is closed. */
  release(connection: UpstreamConnection, isClean: boolean): void {
    if (!isClean || !connection.isUsable || this.#closed) {
      connection.close()
      this.#size--
      if (!this.#closed) this.#replaceForWaiter()
      return
    }
    const waiter = this.#shiftWaiter()
    if (waiter) waiter.resolve(connection)
    else this.#idle.push({ connection, since: Date.now() })
  }

  /** Closes what was idle for long; true where nothing is left. */
  sweep(now: number): boolean {
    while (this.#idle[0] && now - this.#idle[0].since > IDLE_MS) this.#discard(this.#idle.shift())
    return this.#size === 0 && this.#waiting.length === 0
  }

  close(): void {
    this.#closed = true
    for (const idle of this.#idle.splice(0)) this.#discard(idle)
    for (let waiter = this.#shiftWaiter(); waiter; waiter = this.#shiftWaiter()) {
      waiter.reject(unavailable('the database is being closed'))
    }
  }

  #takeIdle(): UpstreamConnection | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.connection.isUsable) return idle.connection
      this.#size--
    }
    return undefined
  }

  #discard(idle: Idle | undefined): void {
    if (!idle) return
    idle.connection.close()
    this.#size--
  }

  #wait(): Promise<UpstreamConnection> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, timers: [] }
      waiter.timers.push(
        setTimeout(() => this.#grow(waiter), GROW_AFTER_MS),
        setTimeout(() => {
          if (this.#remove(waiter)) reject(busy())
        }, MAX_WAIT_MS),
      )
      this.#waiting.push(waiter)
    })
  }

  #grow(waiter: Waiter): void {
    if (this.#size >= MAX_SIZE || !this.#remove(waiter)) return
    this.#open().then(waiter.resolve, waiter.reject)
  }

  /** A session that ended under its user leaves a place that somebody waits for. */
  #replaceForWaiter(): void {
    const waiter = this.#shiftWaiter()
    if (waiter) this.#open().then(waiter.resolve, waiter.reject)
  }

  #shiftWaiter(): Waiter | undefined {
    const waiter = this.#waiting.shift()
    waiter?.timers.forEach(clearTimeout)
    return waiter
  }

  #remove(waiter: Waiter): boolean {
    const index = this.#waiting.indexOf(waiter)
    if (index < 0) return false
    this.#waiting.splice(index, 1)
    waiter.timers.forEach(clearTimeout)
    return true
  }

  async #open(): Promise<UpstreamConnection> {
    this.#size++
    try {
      return await this.#openOnce().catch(async (error) => {
        if (error instanceof ProxyError) throw error
        // The server may have been stopped since its address was asked for: ask again, which wakes it.
        this.#directory.forget(this.#databaseId)
        return this.#openOnce()
      })
    } catch (error) {
      this.#size--
      throw error instanceof ProxyError ? error : toProxyError(error)
    }
  }

  async #openOnce(): Promise<UpstreamConnection> {
    const reply = await this.#directory.find(this.#databaseId, this.#role)
    this.#enterEpoch(reply.epoch)
    return UpstreamConnection.open(socketPath(reply), pooledParameters(this.#role, reply.database))
  }

  #enterEpoch(epoch: string): void {
    if (this.#epoch === epoch) return
    this.#epoch = epoch
    for (const idle of this.#idle.splice(0)) this.#discard(idle)
  }
}

export function socketPath(reply: ConnectReply): string {
  if (reply.address.kind === 'unix') return reply.address.path
  throw new ProxyError('0A000', 'this proxy reaches databases over unix sockets only', 501)
}

function toProxyError(error: unknown): ProxyError {
  const fields = error as Partial<ErrorFields>
  if (typeof fields?.C === 'string' && typeof fields.M === 'string') {
    return new ProxyError(fields.C, fields.M, fields.C.startsWith('53') ? 503 : 400)
  }
  return unavailable('the database cannot be reached at this moment; try again')
}
