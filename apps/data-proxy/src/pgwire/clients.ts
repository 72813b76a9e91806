/** The clients of the wire protocol that are logged in, by database. */
import type { Socket } from 'node:net'
import { clientGone, ProxyError } from '../errors.ts'
import { tellEnd } from './end-client.ts'

/** A client that listens and has sent and received nothing for this long gives its place to others. */
export const LISTEN_IDLE_MS = 5 * 60_000

/** Why a database is to be let go. */
export interface ReleaseReason {
  /** Another one waits for its place. */
  forPlace?: boolean
  /** Then a client that has only listened for so many milliseconds is not in use; left out: as is set for all. */
  listenIdleMs?: number | undefined
}

/** What had passed on a connection at a moment, in bytes. */
interface Traffic {
  bytes: number
  at: number
}

/** The open clients of the wire protocol, counted by database. */
export class Clients {
  readonly #all = new Set<Socket>()
  readonly #byDatabase = new Map<string, Set<Socket>>()
  readonly #listening = new WeakMap<Socket, Traffic>()
  readonly #listenIdleMs: number
  /** Sessions that are being opened, by database. */
  readonly #opening = new Map<string, number>()

  constructor({ listenIdleMs = LISTEN_IDLE_MS } = {}) {
    this.#listenIdleMs = listenIdleMs
  }

  add(client: Socket): void {
    this.#all.add(client)
    client.once('close', () => this.#all.delete(client))
  }

  /** From now on the client is spoken to inside TLS. */
  secured(raw: Socket, secured: Socket): void {
    this.#all.delete(raw)
    this.add(secured)
  }

  /** Counts a client that logged in. Throws a `ProxyError` 53300 where the database has as many as it may. */
  admit(client: Socket, databaseId: string, most: number): void {
    const open = this.#byDatabase.get(databaseId) ?? new Set()
    if (open.size >= most) {
      throw new ProxyError('53300', `too many connections for this database (at most ${most})`)
    }
    if (client.destroyed) throw clientGone()
    this.#byDatabase.set(databaseId, open.add(client))
    client.once('close', () => {
      open.delete(client)
      if (open.size === 0 && this.#byDatabase.get(databaseId) === open) this.#byDatabase.delete(databaseId)
    })
  }

  /** From now on the client waits for notifications, until it goes. */
  listens(client: Socket): void {
    this.#listening.set(client, { bytes: bytesOf(client), at: Date.now() })
  }

  /** While a client's session is being opened, its database is wanted: stopped now, it would end a session just begun. */
  async opening<T>(databaseId: string, open: () => Promise<T>): Promise<T> {
    this.#opening.set(databaseId, (this.#opening.get(databaseId) ?? 0) + 1)
    try {
      return await open()
    } finally {
      const left = (this.#opening.get(databaseId) ?? 1) - 1
      if (left > 0) this.#opening.set(databaseId, left)
      else this.#opening.delete(databaseId)
    }
  }

  /**
   * Whether a session is being opened, or a client waits for notifications, which it would miss. `forPlace`: one that has
   * only waited for long does not count, by default for as long as is set for all.
   */
  needs(
    databaseId: string,
    { forPlace = false, listenIdleMs = this.#listenIdleMs }: ReleaseReason = {},
  ): boolean {
    if (this.#opening.has(databaseId)) return true
    const listening = [...(this.#byDatabase.get(databaseId) ?? [])].filter((client) =>
      this.#listening.has(client),
    )
    if (!forPlace) return listening.length > 0
    // Each is looked at each time: what has passed since then is to be known of all of them.
    const inUse = listening.filter((client) => !this.#onlyWaits(client, listenIdleMs))
    return inUse.length > 0
  }

  /** Nothing is noted while bytes pass: what has passed since the last look tells. */
  #onlyWaits(client: Socket, listenIdleMs: number): boolean {
    const seen = this.#listening.get(client)
    const now = { bytes: bytesOf(client), at: Date.now() }
    if (seen?.bytes === now.bytes) return now.at - seen.at >= listenIdleMs
    this.#listening.set(client, now)
    return false
  }

  /** Ends the clients of one database. */
  endDatabase(databaseId: string): void {
    for (const client of this.#byDatabase.get(databaseId) ?? []) tellEnd(client, 'the database was closed')
  }

  endAll(): void {
    for (const client of this.#all) tellEnd(client, 'terminating connection: the server is shutting down')
  }
}

function bytesOf({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten
}
