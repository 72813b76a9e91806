/** The work that the service does inside of servers, and its cancellation. */
import { Counts } from '../concurrency/counts.ts'

/** What the service does in the servers of databases, which is called off where a server is to end. */
export class CancellableWork {
  readonly #under = new Map<string, AbortController>()
  /** Databases that are about to be stopped. */
  readonly #ending = new Counts()

  /** Called for each new server of a database; cancels what was done in the server before. */
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

  /** Cancels the work in each server for which `isMeant` is true; left out: in all servers. */
  cancelAll(isMeant: (id: string) => boolean = () => true): void {
    for (const id of [...this.#under.keys()]) if (isMeant(id)) this.cancel(id)
  }

  /** Whether a server is about to be stopped, so that no other is to be started before. */
  isEnding(id: string): boolean {
    return this.#ending.has(id)
  }

  /** Cancels the work under way, so that it is not waited for, and does `stop` in its turn. */
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
