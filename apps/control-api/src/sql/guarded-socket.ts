/** A socket that the answer of a server can end, and nothing else with it. */
import { Socket } from 'node:net'

// biome-ignore lint/suspicious/noExplicitAny: the type that Node gives to listeners of all events
type Listener = (...values: any[]) => void

/**
 * Destroyed by a failure of its reader: the client throws at a message that is not Postgres', in a listener whose errors
 * would end the thread with all other sessions in it.
 */
export class GuardedSocket extends Socket {
  override on(event: string, listener: Listener): this {
    return super.on(event, event === 'data' ? this.#guarded(listener) : listener)
  }

  #guarded(listener: Listener): Listener {
    return (...values) => {
      if (this.destroyed) return
      try {
        listener(...values)
      } catch (error) {
        this.destroy(error as Error)
      }
    }
  }
}
