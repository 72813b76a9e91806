/** The pooled sessions with one database. */
import type { Credentials } from '@db9/postgres/scram/client'
import type { ConnectReply, StorageState } from '@db9/types/internal'
import type { Directory } from '../directory/directory.ts'
import { openAwake, requireAdmitted } from '../directory/wake.ts'
import { busy, clientGone, loginFailed, unavailable } from '../errors.ts'
import { OPEN_FAILURES, socketPath, toProxyError } from './address.ts'
import type { ClientHandle } from './client.ts'
import { CORE_SIZE, canJoin, hasRoom, type Use } from './concurrency.ts'
import { UpstreamConnection } from './connection.ts'
import { LatencyStats } from './latency.ts'
import { pooledParameters } from './parameters.ts'

/** From here on the longest waiter's role goes before the reuse of a session of another role. */
const UNFAIR_AFTER_MS = 50
const MAX_WAITING = 500
const MAX_WAIT_MS = 10_000
/** While a caller waits, how often the pool looks whether sessions in use have become slow. */
const LOOK_EVERY_MS = 10
const IDLE_MS = 60_000
/** What a session gathers that no cleanup returns, as its server process' caches, ends with it. */
const MAX_AGE_MS = 10 * 60_000

/** What a caller asks the pool for. */
export interface CheckoutRequest {
  role: string
  /** What a session of this role logs in with; null for a role of ours, whose password comes with the address. */
  credentials: Credentials | null
  /** The statement that it takes its time by, where it may share a session with others like it; null for a session alone. */
  shared: string | null
}

interface Waiter {
  request: CheckoutRequest
  since: number
  resolve(connection: UpstreamConnection): void
  reject(error: Error): void
}

interface Session {
  role: string
  /** Of the server as it was when the session began. */
  epoch: string
  openedAt: number
  idleSince: number
  /** No further run may use it; those that were sent already end first. */
  isRetired: boolean
  /** Null where it is idle. */
  use: Use | null
}

/**
 * The pooled sessions with one database; `hasRoom` says how many are in use at once. Waiting callers are served in the
 * order they came, as far as the sessions' roles allow; over the bound they are refused at once.
 */
export class Pool {
  readonly #databaseId: string
  readonly #directory: Directory
  readonly #now: () => number
  readonly #sessions = new Map<UpstreamConnection, Session>()
  /** The idle ones; the last one was used last. */
  readonly #idle: UpstreamConnection[] = []
  /** The oldest first. */
  readonly #uses: Use[] = []
  readonly #waiting: Waiter[] = []
  readonly #latencies = new LatencyStats()
  #look: NodeJS.Timeout | undefined
  #opening = 0
  #epoch = ''
  #storage: StorageState = 'ok'
  #isClosed = false

  constructor(databaseId: string, directory: Directory, now: () => number = () => performance.now()) {
    this.#databaseId = databaseId
    this.#directory = directory
    this.#now = now
  }

  /**
   * A session for one run; give it back with `release`. Throws a `ProxyError`, or the server's refusal as one, and no later
   * than its client leaves while it waits.
   */
  async acquire(
    { role, credentials, shared }: CheckoutRequest,
    client: ClientHandle,
  ): Promise<UpstreamConnection> {
    if (this.#isClosed) throw closing()
    if (client.isGone) throw clientGone()
    const request = { role, credentials, shared: shared !== null && this.isQuick(shared) ? shared : null }
    if (this.#waiting.length === 0) {
      const session = this.#take(request)
      if (session) return session
    }
    if (this.#waiting.length >= MAX_WAITING) throw busy()
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { request, since: this.#now(), resolve, reject }
      this.#waiting.push(waiter)
      client.onGone = () => this.#giveUp(waiter)
      this.#lookAgain()
    })
  }

  /** Its place is for others: those who left are not to keep out who comes. */
  #giveUp(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter)
    if (at < 0) return
    this.#waiting.splice(at, 1)
    waiter.reject(clientGone())
  }

  /** A session at once, or one that is being opened; undefined where there is room for neither. */
  #take(request: CheckoutRequest): UpstreamConnection | Promise<UpstreamConnection> | undefined {
    const joined = request.shared === null ? undefined : this.#join(request)
    if (joined) return joined
    return this.#hasRoom() ? (this.#takeIdle(request) ?? this.#open(request)) : undefined
  }

  /** The session in use that the fewest share, behind others that are as quick. */
  #join({ role }: CheckoutRequest): UpstreamConnection | undefined {
    const now = this.#now()
    let best: UpstreamConnection | undefined
    let use: Use | undefined
    for (const [connection, session] of this.#sessions) {
      const isOpen = session.role === role && !this.#isOver(session, now) && connection.isJoinable
      if (!isOpen || !session.use || !canJoin(session.use, now)) continue
      if (use && use.runs <= session.use.runs) continue
      best = connection
      use = session.use
    }
    if (use) use.runs++
    return best
  }

  /** Whether no further run may use it. */
  #isOver({ openedAt, epoch, isRetired }: Session, now: number): boolean {
    return isRetired || now - openedAt > MAX_AGE_MS || epoch !== this.#epoch
  }

  /** Whether others may be sent behind a statement of this text before it is answered. */
  isQuick(text: string): boolean {
    return this.#latencies.isQuick(text)
  }

  /** What the database may do with its disk, as far as known. */
  get storage(): StorageState {
    return this.#storage
  }

  /** Takes a session back from one of its runs; one that is not known to be clean is closed behind the last of them. */
  release(connection: UpstreamConnection, isClean: boolean, shared: string | null = null): void {
    const session = this.#sessions.get(connection)
    const now = this.#now()
    const use = session?.use
    if (use && shared !== null) this.#latencies.note(shared, now - use.since)
    this.#endUse(use ?? null)
    if (session && !isClean) session.isRetired = true
    if (session && use && use.runs > 1) {
      session.use = this.#beginUse({ ...use, since: now, runs: use.runs - 1 })
    } else if (!session || this.#isClosed || this.#isOver(session, now)) {
      connection.close()
      // One that was lost in the moment that it was opened told so before it was known here.
      this.#forget(connection)
    } else {
      session.use = null
      session.idleSince = now
      this.#idle.push(connection)
    }
    this.#serve()
  }

  /** Uses no session any more that is open now: on one of them statements were not what they had been prepared as. */
  discardAll(): void {
    for (const session of this.#sessions.values()) session.isRetired = true
    for (const connection of [...this.#idle]) connection.close()
  }

  /** Closes what was idle for long; true where nothing is left. */
  sweep(): boolean {
    const now = this.#now()
    for (const connection of [...this.#idle]) {
      if (now - (this.#sessions.get(connection)?.idleSince ?? 0) > IDLE_MS) connection.close()
    }
    return this.#size === 0 && this.#waiting.length === 0
  }

  /** Ends every session as soon as it is idle; false where one is in use or waited for. */
  releaseIdle(): boolean {
    const isFree = this.#uses.length === 0 && this.#waiting.length === 0
    this.#enterEpoch('')
    return isFree
  }

  /** Ends every session, those in use too. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#look)
    for (const connection of [...this.#sessions.keys()]) {
      connection.cancel()
      connection.close()
    }
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closing())
  }

  get #size(): number {
    return this.#sessions.size + this.#opening
  }

  #hasRoom(): boolean {
    return hasRoom(this.#uses, this.#now())
  }

  #takeIdle({ role, shared }: CheckoutRequest): UpstreamConnection | undefined {
    const at = this.#idle.findLastIndex((connection) => this.#sessions.get(connection)?.role === role)
    const [connection] = at < 0 ? [] : this.#idle.splice(at, 1)
    const session = connection && this.#sessions.get(connection)
    if (session) session.use = this.#beginUse(this.#newUse(shared !== null))
    return connection
  }

  #newUse(isShared: boolean): Use {
    return { since: this.#now(), isShared, runs: 1 }
  }

  #beginUse(use: Use): Use {
    this.#uses.push(use)
    return use
  }

  #endUse(use: Use | null): void {
    const at = use ? this.#uses.indexOf(use) : -1
    if (at >= 0) this.#uses.splice(at, 1)
  }

  /** Gives those who wait a session, as far as there is room. */
  #serve(): void {
    while (!this.#isClosed) {
      const waiter = this.#nextWaiter()
      const session = waiter && this.#take(waiter.request)
      if (!session) return
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
      if (session instanceof UpstreamConnection) waiter.resolve(session)
      else session.then(waiter.resolve, waiter.reject)
    }
  }

  /** While somebody waits: those in use may have become slow, and who waits may have waited for too long. */
  #lookAgain(): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined
      const isOver = ({ since }: Waiter) => this.#now() - since > MAX_WAIT_MS
      while (this.#waiting[0] && isOver(this.#waiting[0])) this.#waiting.shift()?.reject(busy())
      this.#serve()
      if (this.#waiting.length > 0) this.#lookAgain()
    }, LOOK_EVERY_MS)
  }

  /** The longest waiter, or, for a while, the longest one of the role of the session that was used last. */
  #nextWaiter(): Waiter | undefined {
    const [first] = this.#waiting
    const role = this.#roleUsedLast()
    if (!first || first.request.role === role || this.#now() - first.since >= UNFAIR_AFTER_MS) return first
    return this.#waiting.find(({ request }) => request.role === role) ?? first
  }

  #roleUsedLast(): string | undefined {
    const connection = this.#idle.at(-1)
    return connection && this.#sessions.get(connection)?.role
  }

  async #open({ role, credentials, shared }: CheckoutRequest): Promise<UpstreamConnection> {
    const use = this.#beginUse(this.#newUse(shared !== null))
    // An idle one is closed for it, so that other roles' sessions do not add up.
    if (this.#size >= CORE_SIZE) this.#idle[0]?.close()
    this.#opening++
    try {
      const { connection, epoch } = await this.#openAwake(role, credentials)
      if (this.#isClosed) {
        connection.close()
        throw closing()
      }
      this.#sessions.set(connection, {
        role,
        epoch,
        openedAt: this.#now(),
        idleSince: 0,
        isRetired: false,
        use,
      })
      return connection
    } catch (error) {
      this.#endUse(use)
      this.#serve()
      throw toProxyError(error)
    } finally {
      this.#opening--
    }
  }

  #openAwake(
    role: string,
    credentials: Credentials | null,
  ): Promise<{ connection: UpstreamConnection; epoch: string }> {
    const open = async (reply: ConnectReply) => {
      requireAdmitted(role, reply.storage)
      this.#enterEpoch(reply.epoch)
      this.#storage = reply.storage
      const onLost = (connection: UpstreamConnection) => this.#forget(connection)
      const connection = await UpstreamConnection.open(
        socketPath(reply),
        pooledParameters(role, reply),
        credentials ?? ownCredentials(role, reply),
        onLost,
      )
      return { connection, epoch: reply.epoch }
    }
    return openAwake(this.#directory, { databaseId: this.#databaseId, role }, open, OPEN_FAILURES)
  }

  /** Idle sessions with a server that is no longer the running one are of no use. */
  #enterEpoch(epoch: string): void {
    if (this.#epoch === epoch) return
    this.#epoch = epoch
    for (const connection of [...this.#idle]) connection.close()
  }

  #forget(connection: UpstreamConnection): void {
    this.#endUse(this.#sessions.get(connection)?.use ?? null)
    this.#sessions.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}

function ownCredentials(role: string, { logins }: ConnectReply): Credentials {
  const password = logins[role]
  if (password === undefined) throw loginFailed(role)
  return { kind: 'password', password }
}

const closing = () => unavailable('the database is being closed')
