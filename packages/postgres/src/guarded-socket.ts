/** A socket to a server that may be hostile: what the server answers can end this socket, and nothing else with it. */
import { Socket, type SocketConstructorOpts } from 'node:net'

// biome-ignore lint/suspicious/noExplicitAny: the type that Node gives to listeners of all events
type Listener = (...values: any[]) => void

export interface GuardedSocketOptions extends SocketConstructorOpts {
  /** More bytes than this end the socket; left out: any number may arrive. */
  mostBytes?: number
}

/**
 * Destroyed by its signal, by more bytes than it may get, and by a failure of its reader: `pg` throws at a message that is not
 * Postgres', in a listener whose errors would end the process or thread with all other sessions in it.
 */
export class GuardedSocket extends Socket {
  readonly #mostBytes: number

  constructor({ mostBytes = Number.POSITIVE_INFINITY, ...options }: GuardedSocketOptions = {}) {
    super(options)
    this.#mostBytes = mostBytes
  }

  override on(event: string, listener: Listener): this {
    return super.on(event, event === 'data' ? this.#guarded(listener) : listener)
  }

  #guarded(listener: Listener): Listener {
    return (...values) => {
      if (this.destroyed) return
      try {
        if (this.bytesRead > this.#mostBytes) throw new Error('the server answers without end')
        listener(...values)
      } catch (error) {
        this.destroy(error as Error)
      }
    }
  }
}
