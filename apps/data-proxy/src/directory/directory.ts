/** Addresses of awake databases, remembered between requests. */
import type { ConnectReply, ConnectRequest } from '@db9/types/internal'
import { within } from '@db9/types/within'
import type { ControlClient } from '../control-client.ts'
import { ControlApiUnavailable, ProxyError, unavailable } from '../errors.ts'

/** Longer than the engine lets one wait for a place, so that its own answer is the one that arrives. */
const WAKE_LIMIT_MS = 20_000
const MAX_AGE_MS = 30_000
/** While the control API does not answer, an address is used this long, and asked for again now and then. */
const STALE_MS = 5 * 60_000
const ASK_AGAIN_MS = 2_000

interface Entry {
  reply: Promise<ConnectReply>
  /** When it is asked for anew. */
  freshUntil: number
  /** When the control API answered last; 0 before it has. */
  answeredAt: number
  epoch: string | null
}

/**
 * Where each database listens, as far as known: an address is asked for once however many clients wait, kept for a
 * short time (each question tells the control API that the database is in use), and forgotten when a connection to it
 * failed.
 */
export class Directory {
  readonly #control: ControlClient
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  constructor(control: ControlClient, now: () => number = Date.now) {
    this.#control = control
    this.#now = now
  }

  /** The address of an awake database. Throws a `ProxyError`: 3D000 where there is none, 57P03 where it does not wake. */
  find(databaseId: string, role: string): Promise<ConnectReply> {
    const known = this.#entries.get(databaseId)
    if (known && this.#now() < known.freshUntil) return known.reply
    const entry: Entry = {
      reply: this.#ask(databaseId, { role }),
      freshUntil: this.#now() + MAX_AGE_MS,
      answeredAt: 0,
      epoch: null,
    }
    entry.reply = entry.reply.catch((error) => {
      if (!(error instanceof ControlApiUnavailable) || !known?.answeredAt) throw error
      if (this.#now() - known.answeredAt >= STALE_MS) throw error
      entry.freshUntil = this.#now() + ASK_AGAIN_MS
      entry.answeredAt = known.answeredAt
      return known.reply
    })
    this.#entries.set(databaseId, entry)
    entry.reply.then(
      ({ epoch }) => {
        entry.epoch = epoch
        entry.answeredAt ||= this.#now()
      },
      () => {
        if (this.#entries.get(databaseId) === entry) this.#entries.delete(databaseId)
      },
    )
    return entry.reply
  }

  /** Has the passwords of the service's own logins set anew, one of which the server has refused. */
  async restoreLogins(databaseId: string, role: string): Promise<void> {
    await this.#ask(databaseId, { role, refused: true })
  }

  /** Forgets an address; with `epoch`, only where it is still that server's and was not asked for since. */
  forget(databaseId: string, epoch?: string): void {
    if (epoch === undefined || this.#entries.get(databaseId)?.epoch === epoch)
      this.#entries.delete(databaseId)
  }

  /** Drops addresses that are too old to be used. */
  sweep(): void {
    for (const [databaseId, { answeredAt, epoch }] of this.#entries) {
      if (epoch !== null && this.#now() - answeredAt >= STALE_MS) this.#entries.delete(databaseId)
    }
  }

  async #ask(databaseId: string, asked: ConnectRequest): Promise<ConnectReply> {
    const reply = await within(WAKE_LIMIT_MS, this.#control.connect(databaseId, asked), () => {
      throw unavailable('the database did not wake in time; try again')
    })
    if (!reply) throw new ProxyError('3D000', 'there is no such database')
    return reply
  }
}
