import type { ConnectReply, StorageState } from '@db9/types/internal'
import { isAway, openAwake, requireAdmitted } from '../awake.ts'
import type { Directory } from '../directory.ts'
import { busy, ProxyError, unavailable } from '../errors.ts'
import type { ErrorFields } from '../wire/backend.ts'
import { UpstreamConnection } from './connection.ts'
import { pooledParameters } from './parameters.ts'

/** A few connections carry more than many: each more is one more process for the cores to switch between. */
const CORE_SIZE = 4
/** The most sessions that the HTTP door holds with one database, of all roles together. */
export const MAX_SIZE = 16
/** Statements that take longer than this hold others up, so that one more connection is worth its price. */
const GROW_AFTER_MS = 20
/** From here on the longest waiter's role goes before the reuse of a session of another role. */
const UNFAIR_AFTER_MS = 50
const MAX_WAITING = 500
const MAX_WAIT_MS = 10_000
const IDLE_MS = 60_000
/** What a session gathers that no cleanup returns, as its server process' caches, ends with it. */
const MAX_AGE_MS = 10 * 60_000

interface Waiter {
  role: string
  since: number
  resolve(connection: UpstreamConnection): void
  reject(error: Error): void
  timer: NodeJS.Timeout | undefined
}

interface Session {
  role: string
  /** Of the server as it was when the session began. */
  epoch: string
  openedAt: number
  idleSince: number
}

/**
 * The pooled sessions with one database. Waiting callers are served in the order they came, as far as the sessions'
 * roles allow; over the bound they are refused at once.
 */
export class Pool {
  readonly #databaseId: string
  readonly #directory: Directory
  readonly #now: () => number
  readonly #sessions = new Map<UpstreamConnection, Session>()
  /** Those of them that nobody uses; the last one was used last. */
  readonly #idle: UpstreamConnection[] = []
  readonly #waiting: Waiter[] = []
  #opening = 0
  #epoch = ''
  #storage: StorageState = 'ok'
  #isClosed = false

  constructor(databaseId: string, directory: Directory, now: () => number = Date.now) {
    this.#databaseId = databaseId
    this.#directory = directory
    this.#now = now
  }

  /** A session for one run; give it back with `release`. Throws a `ProxyError`, or the server's refusal as one. */
  async acquire(role: string): Promise<UpstreamConnection> {
    if (this.#isClosed) throw closing()
    const idle = this.#takeIdle(role)
    if (idle) return idle
    if (this.#size < CORE_SIZE) return this.#open(role)
    const [surplus] = this.#idle
    if (surplus) {
      surplus.close()
      return this.#open(role)
    }
    if (this.#waiting.length >= MAX_WAITING) throw busy()
    return this.#wait(role)
  }

  /** What the database may do with its disk, as far as known. */
  get storage(): StorageState {
    return this.#storage
  }

  /** Takes a session back; one that is not known to be clean is closed. */
  release(connection: UpstreamConnection, isClean: boolean): void {
    const session = this.#sessions.get(connection)
    const isExpired = session !== undefined && this.#now() - session.openedAt > MAX_AGE_MS
    const isOver = isExpired || session?.epoch !== this.#epoch
    if (!session || !isClean || this.#isClosed || isOver) {
      connection.close()
      this.#serveNext()
      return
    }
    const waiter = this.#nextWaiter(session.role)
    if (!waiter) {
      session.idleSince = this.#now()
      this.#idle.push(connection)
    } else if (waiter.role === session.role) waiter.resolve(connection)
    else {
      connection.close()
      this.#openFor(waiter)
    }
  }

  /** Closes what was idle for long; true where nothing is left. */
  sweep(): boolean {
    const now = this.#now()
    for (const connection of [...this.#idle]) {
      if (now - (this.#sessions.get(connection)?.idleSince ?? 0) > IDLE_MS) connection.close()
    }
    return this.#size === 0 && this.#waiting.length === 0
  }

  /** Ends every session as soon as nobody uses it; false where one is in use or wanted. */
  letGo(): boolean {
    const isFree = this.#size === this.#idle.length && this.#waiting.length === 0
    this.#enterEpoch('')
    return isFree
  }

  /** Ends every session, those in use too. */
  close(): void {
    this.#isClosed = true
    for (const connection of [...this.#sessions.keys()]) {
      connection.cancel()
      connection.close()
    }
    for (const waiter of this.#waiting.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.reject(closing())
    }
  }

  get #size(): number {
    return this.#sessions.size + this.#opening
  }

  #takeIdle(role: string): UpstreamConnection | undefined {
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      const connection = this.#idle[i]
      if (!connection || this.#sessions.get(connection)?.role !== role) continue
      this.#idle.splice(i, 1)
      return connection
    }
    return undefined
  }

  #wait(role: string): Promise<UpstreamConnection> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { role, since: this.#now(), resolve, reject, timer: undefined }
      waiter.timer = setTimeout(() => this.#grow(waiter), GROW_AFTER_MS)
      this.#waiting.push(waiter)
    })
  }

  #grow(waiter: Waiter): void {
    if (this.#size < MAX_SIZE) {
      this.#remove(waiter)
      this.#openFor(waiter)
      return
    }
    waiter.timer = setTimeout(() => {
      this.#remove(waiter)
      waiter.reject(busy())
    }, MAX_WAIT_MS)
  }

  #openFor(waiter: Waiter): void {
    this.#open(waiter.role).then(waiter.resolve, (error: Error) => {
      waiter.reject(error)
      this.#serveNext()
    })
  }

  /** A session that ended leaves a place, which the longest waiter gets. */
  #serveNext(): void {
    const [waiter] = this.#waiting
    if (!waiter || this.#size >= MAX_SIZE) return
    this.#remove(waiter)
    this.#openFor(waiter)
  }

  /** Who gets a free session of `role`: the longest waiter, or, for a while, the longest one of the same role. */
  #nextWaiter(role: string): Waiter | undefined {
    const [first] = this.#waiting
    if (!first) return undefined
    const isPatient = first.role === role || this.#now() - first.since < UNFAIR_AFTER_MS
    const waiter = isPatient ? (this.#waiting.find((other) => other.role === role) ?? first) : first
    this.#remove(waiter)
    return waiter
  }

  #remove(waiter: Waiter): void {
    clearTimeout(waiter.timer)
    const index = this.#waiting.indexOf(waiter)
    if (index >= 0) this.#waiting.splice(index, 1)
  }

  async #open(role: string): Promise<UpstreamConnection> {
    this.#opening++
    try {
      const { connection, epoch } = await this.#openAwake(role)
      if (this.#isClosed) {
        connection.close()
        throw closing()
      }
      this.#sessions.set(connection, { role, epoch, openedAt: this.#now(), idleSince: 0 })
      return connection
    } catch (error) {
      throw toProxyError(error)
    } finally {
      this.#opening--
    }
  }

  #openAwake(role: string): Promise<{ connection: UpstreamConnection; epoch: string }> {
    const open = async (reply: ConnectReply) => {
      requireAdmitted(role, reply.storage)
      this.#enterEpoch(reply.epoch)
      this.#storage = reply.storage
      const onLost = (connection: UpstreamConnection) => this.#forget(connection)
      const connection = await UpstreamConnection.open(
        socketPath(reply),
        pooledParameters(role, reply),
        onLost,
      )
      return { connection, epoch: reply.epoch }
    }
    return openAwake(this.#directory, { databaseId: this.#databaseId, role }, open, isPassing)
  }

  /** Idle sessions with a server that is no longer the running one are of no use. */
  #enterEpoch(epoch: string): void {
    if (this.#epoch === epoch) return
    this.#epoch = epoch
    for (const connection of [...this.#idle]) connection.close()
  }

  #forget(connection: UpstreamConnection): void {
    this.#sessions.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}

export function socketPath(reply: ConnectReply): string {
  if (reply.address.kind === 'unix') return reply.address.path
  throw new ProxyError('0A000', 'this proxy reaches databases over unix sockets only', 501)
}

const closing = () => unavailable('the database is being closed')

/** Not for the server's or our own refusal. Anything else says that the server was not reached. */
function isPassing(error: unknown): boolean {
  return isErrorFields(error) ? isAway(error.C) : !(error instanceof ProxyError)
}

function isErrorFields(error: unknown): error is ErrorFields {
  return typeof (error as ErrorFields)?.C === 'string'
}

function toProxyError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error
  if (isErrorFields(error)) {
    const isPassing = /^(?:53|57P0)/.test(error.C ?? '')
    return new ProxyError(error.C ?? '', error.M ?? '', isPassing ? 503 : 400)
  }
  return unavailable('the database cannot be reached at this moment; try again')
}
