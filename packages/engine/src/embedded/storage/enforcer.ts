/** Makes running servers keep to what their state allows, and ends those that do not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { asSuperuser, DISK_LIMIT_MS } from '../sql/superuser.ts'
import { applySettings, checkpoint, endOthers, endSessions, settingsFor } from './apply.ts'
import { endClients } from './clients.ts'
import type { Step } from './state.ts'
import { areKept } from './usage.ts'
import type { Target } from './watches.ts'

/** A server that does not end sessions within this is ended itself. */
const END_LIMIT_MS = 5_000

export class Enforcer {
  readonly #kill: (target: Target) => Promise<void>
  readonly #shortening = new Set<string>()

  /** @param kill ends a server and all that it started, at once */
  constructor(kill: (target: Target) => Promise<void>) {
    this.#kill = kill
  }

  /** Makes a server agree with a decision. Asks it nothing where it agrees already. */
  async enforce(target: Target, { held, action }: Step, quotaBytes: number | null): Promise<void> {
    if (action === 'kill') return this.#kill(target)
    const wanted = settingsFor(held.state, quotaBytes)
    const isClosed = held.state === 'admin_only' || held.state === 'closed'
    if (action === 'none' && !isClosed && areKept(target.files, wanted)) return
    if (action === 'end_sessions') endClients(target)
    const work = asSuperuser(target.server, 'template1', async (client) => {
      if (action === 'end_sessions') await endSessions(client)
      await applySettings(client, wanted)
      if (action === 'end_sessions' || held.state === 'closed') await endSessions(client)
      else if (isClosed) await endOthers(client)
    })
    if (action === 'none') return work
    const isDone = await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      sleep(END_LIMIT_MS).then(() => false),
    ])
    if (!isDone) await this.#kill(target)
  }

  /** Has a log given back that was written to free space. Not waited for. */
  shortenLog({ id, server }: Target): void {
    if (this.#shortening.has(id)) return
    this.#shortening.add(id)
    void asSuperuser(server, 'template1', checkpoint, { limitMs: DISK_LIMIT_MS })
      .catch(() => {})
      .finally(() => this.#shortening.delete(id))
  }
}
