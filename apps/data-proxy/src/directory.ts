import type { ConnectReply } from '@db9/types/internal'
import type { ControlClient } from './control-client.ts'
import { ProxyError, unavailable } from './errors.ts'

const WAKE_LIMIT_MS = 15_000
const MAX_AGE_MS = 30_000

interface Entry {
  reply: Promise<ConnectReply>
  askedAt: number
}

/**
 * Where each database listens, as far as known: an address is asked for once however many clients wait, kept for a
 * short time, and forgotten when a connection to it failed.
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
    if (known && this.#now() - known.askedAt < MAX_AGE_MS) return known.reply
    const entry = { reply: this.#ask(databaseId, role), askedAt: this.#now() }
    this.#entries.set(databaseId, entry)
    entry.reply.catch(() => this.#drop(databaseId, entry))
    return entry.reply
  }

  forget(databaseId: string): void {
    this.#entries.delete(databaseId)
  }

  async #ask(databaseId: string, role: string): Promise<ConnectReply> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(unavailable('the database did not wake in time; try again')),
        WAKE_LIMIT_MS,
      )
    })
    try {
      const reply = await Promise.race([this.#control.connect(databaseId, role), limit])
      if (!reply) throw new ProxyError('3D000', 'there is no such database', 404)
      return reply
    } finally {
      clearTimeout(timer)
    }
  }

  #drop(databaseId: string, entry: Entry): void {
    if (this.#entries.get(databaseId) === entry) this.#entries.delete(databaseId)
  }
}
