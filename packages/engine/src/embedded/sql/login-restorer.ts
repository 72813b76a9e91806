/** Restores the service's own logins of running servers, and no more often than is useful. */
import type { ServerAccess } from '../process/running-server.ts'
import { restoreLogins } from './restore-logins.ts'
import { asSuperuser } from './superuser.ts'

/** A session that changes a login again and again costs one session of the superuser in this time. */
const EVERY_MS = 3_000

export class LoginRestorer {
  readonly #everyMs: number
  /** By the run of a server: each start restores them, too. */
  readonly #recent = new WeakMap<ServerAccess, Promise<void>>()

  constructor(everyMs = EVERY_MS) {
    this.#everyMs = everyMs
  }

  /** Callers within a short time share one look. Rejects with `unavailable` where the server does not do it. */
  restore(server: ServerAccess): Promise<void> {
    const known = this.#recent.get(server)
    if (known) return known
    const restored = asSuperuser(server, 'template1', (client) => restoreLogins(client, server.logins))
    this.#recent.set(server, restored)
    setTimeout(() => this.#recent.delete(server), this.#everyMs).unref()
    return restored
  }
}
