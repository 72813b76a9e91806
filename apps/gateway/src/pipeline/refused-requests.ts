/** The last refused requests of each database, for its owner: kept here for a second, then sent to the database's object. */
import type { RefusedRequest } from '@db9/types/internal'
import { Lru } from '../lru.ts'

const MOST_DATABASES = 500
/** Of one database within a second; the newest stay. */
const MOST_PENDING = 20
const SEND_AFTER_MS = 1_000

export interface RefusedSink {
  send(databaseId: string, refused: RefusedRequest[]): Promise<void>
  /** Lets work go on after the reply. */
  waitUntil(work: Promise<unknown>): void
}

export class RefusedRequests {
  readonly #pending = new Lru<RefusedRequest[]>(MOST_DATABASES)

  /** However many are refused, a database's object is called at most once a second by this isolate. */
  note(databaseId: string, refused: RefusedRequest, { send, waitUntil }: RefusedSink): void {
    const pending = this.#pending.get(databaseId)
    if (pending) {
      if (pending.length === MOST_PENDING) pending.shift()
      pending.push(refused)
      return
    }
    this.#pending.set(databaseId, [refused])
    waitUntil(this.#sendLater(databaseId, send))
  }

  async #sendLater(databaseId: string, send: RefusedSink['send']): Promise<void> {
    await new Promise((done) => setTimeout(done, SEND_AFTER_MS))
    const refused = this.#pending.get(databaseId) ?? []
    this.#pending.delete(databaseId)
    // What is lost is one second of a log that is bounded anyway.
    await send(databaseId, refused).catch(() => undefined)
  }
}

/** A name of a relation or function; anything else in its place may be a value. */
const NAMED_PATH = /^(?:rpc\/)?[A-Za-z_]\w{0,62}$/

/** What of a path is shown: nothing that could be a value. */
export function shownPath(path: string): string {
  return NAMED_PATH.test(path) ? path : path === '' ? '' : '…'
}
