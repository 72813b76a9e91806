import { Counts } from '../concurrency/counts.ts'

/** What the service does in the servers of databases, which is called off where a server is to end. */
export class CancellableWork {
  readonly #under = new Map<string, AbortController>()
  /** Those that are about to be stopped. */
  readonly #ending = new Counts()

  /** Begins with the next server of a database; what was done in the one before is over. */
  begin(id: string): AbortController {
    this.cancel(id)
    const abort = new AbortController()
    this.#under.set(id, abort)
    return abort
  }

  cancel(id: string): void {
    this.#under.get(id)?.abort()
    this.#under.delete(id)
  }

  /** In each server for which `isMeant`; left out: in all of them. */
  cancelAll(isMeant: (id: string) => boolean = () => true): void {
    for (const id of [...this.#under.keys()]) if (isMeant(id)) this.cancel(id)
  }

  /** Whether a server is about to be stopped, so that no other is to be started before. */
  isEnding(id: string): boolean {
    return this.#ending.has(id)
  }

  /** Calls off what is under way, and does `stop` in its turn, for which nobody has to be waited any more. */
  end(
    id: string,
    inTurn: (work: () => Promise<void>) => Promise<void>,
    stop: () => Promise<void>,
  ): Promise<void> {
    this.#ending.add(id)
    this.cancel(id)
    // In the turn: the next one may start a server.
    return inTurn(() => stop().finally(() => this.#ending.remove(id)))
  }
}
