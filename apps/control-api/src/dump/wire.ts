/** A session of the wire protocol that waits for each answer: pg_dump as WebAssembly can only call functions that return. */
import { readSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { cstring, MessageReader, message } from '@db9/postgres/messages'
import type { ByteBudget } from './byte-budget.ts'

const POLL_MS = 1
const CHUNK = 256 * 1024

/**
 * The connection of a socket that has logged in, from then on read and written by this thread alone, which it holds up:
 * a worker's. The thread that started the worker ends it where the server keeps it waiting.
 */
export class Wire {
  readonly #fd: number
  readonly #budget: ByteBudget
  readonly #pause = new Int32Array(new SharedArrayBuffer(4))
  readonly #chunk = Buffer.alloc(CHUNK)

  constructor(socket: Socket, budget: ByteBudget) {
    this.#fd = takeOver(socket)
    this.#budget = budget
  }

  /** Sends whole messages, and gives all of the answer up to ReadyForQuery. */
  exchange(messages: Uint8Array): Buffer {
    for (let at = 0; at < messages.length; ) at += this.#retry(() => writeSync(this.#fd, messages, at))
    const parts: Buffer[] = []
    const reader = new MessageReader(this.#budget.most)
    for (let isReady = false; !isReady; ) {
      const count = this.#retry(() => readSync(this.#fd, this.#chunk))
      if (count === 0) throw new Error('the server closed the connection')
      this.#budget.take(count)
      const part = Buffer.from(this.#chunk.subarray(0, count))
      parts.push(part)
      isReady = reader.push(part).some(({ type }) => type === 'Z')
    }
    return Buffer.concat(parts)
  }

  /** A simple query whose answer does not matter. */
  run(text: string): void {
    this.exchange(simpleQuery(text))
  }

  #retry(work: () => number): number {
    for (;;) {
      try {
        return work()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        Atomics.wait(this.#pause, 0, 0, POLL_MS)
      }
    }
  }
}

/** Node has no socket that waits; its file does. Nothing else reads it any more. */
function takeOver(socket: Socket): number {
  const { _handle } = socket as unknown as { _handle: { fd: number; readStop(): void } }
  _handle.readStop()
  return _handle.fd
}

/** A message Query with this text. */
export function simpleQuery(text: string): Buffer {
  return message('Q', cstring(text))
}
