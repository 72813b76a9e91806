import type { Socket } from 'node:net'
import { ProxyError } from '../errors.ts'
import { errorResponse } from '../wire/backend.ts'

/** What a client has to read its farewell in. */
const FAREWELL_MS = 200

/** The open clients of the wire protocol, counted by database. */
export class Clients {
  readonly #all = new Set<Socket>()
  readonly #byDatabase = new Map<string, Set<Socket>>()
  readonly #listening = new WeakSet<Socket>()

  add(client: Socket): void {
    this.#all.add(client)
    client.once('close', () => this.#all.delete(client))
  }

  /** Counts a client that logged in. Throws a `ProxyError` 53300 where the database has as many as it may. */
  admit(client: Socket, databaseId: string, most: number): void {
    const open = this.#byDatabase.get(databaseId) ?? new Set()
    if (open.size >= most) {
      throw new ProxyError('53300', `too many connections for this database (at most ${most})`)
    }
    if (client.destroyed) throw new ProxyError('08006', 'the client went away')
    this.#byDatabase.set(databaseId, open.add(client))
    client.once('close', () => {
      open.delete(client)
      if (open.size === 0 && this.#byDatabase.get(databaseId) === open) this.#byDatabase.delete(databaseId)
    })
  }

  /** From now on the client waits for notifications, until it goes. */
  listens(client: Socket): void {
    this.#listening.add(client)
  }

  /** Whether a client of the database waits for notifications, which it would miss. */
  isListening(databaseId: string): boolean {
    return [...(this.#byDatabase.get(databaseId) ?? [])].some((client) => this.#listening.has(client))
  }

  /** Ends the clients of one database. */
  endDatabase(databaseId: string): void {
    for (const client of this.#byDatabase.get(databaseId) ?? [])
      bidFarewell(client, 'the database was closed')
  }

  endAll(): void {
    for (const client of this.#all) bidFarewell(client, 'terminating connection: the server is shutting down')
  }
}

function bidFarewell(client: Socket, reason: string): void {
  client.end(errorResponse('FATAL', '57P01', reason))
  setTimeout(() => client.destroy(), FAREWELL_MS).unref()
}
