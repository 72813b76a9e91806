/** Puts databases to sleep that are not in use: looks at their sessions, has those of the data proxy closed, and stops. */
import type { Client } from 'pg'
import type { RunningServer } from '../process/running-server.ts'
import type { Release, ServerRun } from '../process/server-run.ts'
import { asSuperuser } from '../sql/superuser.ts'
import { readActivity } from './activity.ts'
import { idleLimitsFor } from './idle-limits.ts'
import type { Stop } from './policy.ts'
import type { SleepOutcome } from './scheduler.ts'

export interface SleeperOptions {
  /** Nothing starts or stops the server meanwhile. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T>
  find(id: string): ServerRun | undefined
  /** Resolves when the lookups of verifiers that have begun have ended. */
  lookupsEnded(id: string): Promise<void>
  stop(id: string): Promise<void>
  lastUsedAt(id: string): number
  release: Release
}

export class Sleeper {
  readonly #options: SleeperOptions
  /** Databases that may be about to sleep. */
  readonly #examined = new Set<string>()
  /** Databases whose address is not given out any more. */
  readonly #leaving = new Set<string>()

  constructor(options: SleeperOptions) {
    this.#options = options
  }

  /** Whether it is being found out that a database may sleep. A lookup of a verifier then waits for the outcome. */
  isExamined(id: string): boolean {
    return this.#examined.has(id)
  }

  /** Whether a database is about to be stopped, so that a new caller has to wait for its next start. */
  isLeaving(id: string): boolean {
    return this.#leaving.has(id)
  }

  /** Never rejects. A database that cannot be asked counts as in use, and is looked at again later. */
  putToSleep({ id, ...why }: Stop): Promise<SleepOutcome> {
    const { inTurn, find, lookupsEnded, stop } = this.#options
    return inTurn(id, async () => {
      try {
        // A lookup of a verifier does not keep a database awake.
        this.#examined.add(id)
        await lookupsEnded(id)
        const run = find(id)
        const lastUsedAt = run ? await this.#askToLeave(id, run.server, why) : null
        if (lastUsedAt !== null) return { asleep: false as const, lastUsedAt }
        await stop(id)
        return { asleep: true as const }
      } catch {
        return find(id) ? { asleep: false as const, lastUsedAt: Date.now() } : { asleep: true as const }
      } finally {
        this.#leaving.delete(id)
        this.#examined.delete(id)
      }
    })
  }

  /** Null where it may be stopped now: from then on its address is not given out. Else when it was used last. */
  #askToLeave(
    id: string,
    server: RunningServer,
    { idleMs, ...why }: Omit<Stop, 'id'>,
  ): Promise<number | null> {
    const begun = Date.now()
    const { transactionMs, listenMs } = idleLimitsFor(why)
    const usedSince = async (client: Client) => {
      const { isBusy, idleMs: idle } = await readActivity(client, transactionMs)
      if (isBusy) return Date.now()
      return idle < idleMs ? Date.now() - idle : null
    }
    return asSuperuser(server, 'template1', async (client) => {
      const usedAt = await usedSince(client)
      if (usedAt !== null) return usedAt
      // While it still serves: the shutdown's own checkpoint, for which callers wait, then has little left to write.
      await client.query('checkpoint')
      this.#leaving.add(id)
      if (this.#options.lastUsedAt(id) >= begun) return Date.now()
      const asked = { forPlace: why.forPlace, listenIdleMs: listenMs }
      if (!(await this.#options.release(id, server.epoch, asked))) return Date.now()
      return usedSince(client)
    })
  }
}
