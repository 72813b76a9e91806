/** Looks up the verifiers that logins are judged by, in running servers and in the files of those that sleep. */
import type { RoleVerifier } from '../../contract/connect.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { BatchedLookups } from '../concurrency/batched-lookups.ts'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import type { RunningServer } from '../process/running-server.ts'
import type { ServerRun } from '../process/server-run.ts'
import { holdRole } from './held-roles.ts'
import { asSuperuser } from './superuser.ts'
import { askVerifiers, readVerifiers, type Verifiers, verifierIn } from './verifiers.ts'

export interface VerifierLookupsOptions {
  find(id: string): ServerRun | undefined
  /** Whether the database may be about to sleep. */
  isExamined(id: string): boolean
  /** Runs `work` while nothing starts or stops the server. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T>
  /** Rejects with `unavailable` once the work has taken longer than a caller waits for a start. The work goes on. */
  withinWakeLimit<T>(work: Promise<T>): Promise<T>
  /** Called in turn. */
  start(id: string): Promise<ServerRun>
  files(id: string): ServerFiles
}

export class VerifierLookups {
  readonly #options: VerifierLookupsOptions
  /** One session at a time for each database: logins of strangers must not take the connections of its own clients. */
  readonly #sessions = new KeyedMutex()
  /** However many logins are tried with other roles, an owner's waits for no more than two lookups. */
  readonly #lookups = new BatchedLookups<Verifiers>((id, roles) => this.#look(id, roles))

  constructor(options: VerifierLookupsOptions) {
    this.#options = options
  }

  /** The verifier of a role that may log in now, else null. Does not count as use. */
  async verifierOf(id: string, role: string): Promise<RoleVerifier | null> {
    return verifierIn(await this.#lookups.ask(id, role), role, Date.now())
  }

  /** The same where nothing has to be started for it; else null. */
  async knownVerifierOf(id: string, role: string): Promise<RoleVerifier | null> {
    const { find, files } = this.#options
    if (find(id)) return this.verifierOf(id, role)
    const kept = readVerifiers(files(id))
    return kept && verifierIn(kept, role, Date.now())
  }

  /** As `holdRole`: in the same session's turn as lookups, since each takes a connection of the service. */
  holdRole(id: string, server: RunningServer, role: string): Promise<string | null> {
    return this.#sessions.run(id, () => holdRole(server, this.#options.files(id), role))
  }

  /** Resolves when the lookups in the server that have begun have ended. */
  ended(id: string): Promise<void> {
    return this.#sessions.run(id, async () => {})
  }

  /**
   * Asks the running server, or reads the verifiers kept of one that sleeps, which goes on sleeping. One that ended by a
   * crash, and one of an earlier release, has none and is started, once.
   */
  async #look(id: string, roles: string[]): Promise<Verifiers> {
    const { find, isExamined, inTurn, withinWakeLimit, start, files } = this.#options
    const run = find(id)
    if (run && !isExamined(id)) {
      try {
        return await this.#ask(id, run.server, roles)
      } catch (error) {
        await inTurn(id, async () => {})
        // It may have been put to sleep meanwhile.
        if (find(id) === run) throw error
      }
    }
    const found = await withinWakeLimit(
      inTurn(id, async () => find(id) ?? readVerifiers(files(id)) ?? start(id)),
    )
    return 'server' in found ? this.#ask(id, found.server, roles) : found
  }

  #ask(id: string, server: RunningServer, roles: string[]): Promise<Verifiers> {
    const files = this.#options.files(id)
    const ask = () => asSuperuser(server, 'template1', (client) => askVerifiers(client, files, roles))
    return this.#sessions.run(id, ask)
  }
}
