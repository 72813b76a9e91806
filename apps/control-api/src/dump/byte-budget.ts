/** What the sessions of one dump may send together. */
import { Socket } from 'node:net'

/** A dump is larger than may be made here. */
export class DumpTooLarge extends Error {
  constructor(mostBytes: number) {
    super(`the dump is larger than ${mostBytes} bytes`)
    this.name = 'DumpTooLarge'
  }
}

export class ByteBudget {
  readonly most: number
  #left: number

  constructor(most: number) {
    this.most = most
    this.#left = most
  }

  /** Takes bytes that have arrived. Throws `DumpTooLarge` where they are too many. */
  take(bytes: number): void {
    this.#left -= bytes
    if (this.isSpent) throw new DumpTooLarge(this.most)
  }

  get isSpent(): boolean {
    return this.#left < 0
  }
}

/** A socket that ends where more than the budget arrives: pg keeps all of a message until it is whole. */
export function socketWithin(budget: ByteBudget): Socket {
  const socket = new Socket()
  socket.on('data', ({ length }) => {
    try {
      budget.take(length)
    } catch (error) {
      socket.destroy(error as Error)
    }
  })
  return socket
}
