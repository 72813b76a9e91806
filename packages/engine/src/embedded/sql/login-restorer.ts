/** Restores the service's own logins of running servers, and no more often than is useful. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerAccess } from '../process/running-server.ts'
import { restoreLogins } from './restore-logins.ts'
import { asSuperuser } from './superuser.ts'

/** A session that changes a login again and again costs one session of the superuser in this time. */
const EVERY_MS = 3_000

interface Look {
  /** Milliseconds of `performance.now()`. */
  startedAt: number
  /** The look after it, which those share who ask before it starts. */
  next: Promise<void> | null
}

export class LoginRestorer {
  readonly #everyMs: number
  /** By the run of a server: each start restores them, too. */
  readonly #looks = new WeakMap<ServerAccess, Look>()

  constructor(everyMs = EVERY_MS) {
    this.#everyMs = everyMs
  }

  /**
   * Resolves after a look that starts from now on: what a login was changed to before is restored. Rejects with `unavailable`
   * where the server does not do it.
   */
  restore(server: ServerAccess): Promise<void> {
    const last = this.#looks.get(server)
    const waitMs = last ? last.startedAt + this.#everyMs - performance.now() : 0
    if (!last || waitMs <= 0) return this.#look(server)
    last.next ??= sleep(waitMs).then(() => this.#look(server))
    return last.next
  }

  #look(server: ServerAccess): Promise<void> {
    this.#looks.set(server, { startedAt: performance.now(), next: null })
    return asSuperuser(server, 'template1', (client) => restoreLogins(client, server.logins))
  }
}
