/** Keys by which clients of the wire protocol cancel, in the place of the servers' own. */
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { int32, message } from '@db9/postgres/messages'
import { endClient } from './end-client.ts'

interface Issued {
  secret: Buffer
  send(done: () => void): void
}

export interface OwnKey {
  /** BackendKeyData for the client. */
  message: Buffer
  revoke(): void
}

/** The cancel keys that clients hold: ours, so that a server's own never leave this process. */
export class CancelKeys {
  readonly #issued = new Map<number, Issued>()

  issue(send: (done: () => void) => void): OwnKey {
    let processId = randomInt(1, 0x7fff_ffff)
    while (this.#issued.has(processId)) processId = randomInt(1, 0x7fff_ffff)
    const secret = randomBytes(4)
    this.#issued.set(processId, { secret, send })
    return {
      message: message('K', int32(processId), secret),
      revoke: () => {
        this.#issued.delete(processId)
      },
    }
  }

  /** Passes a cancel on where pid and secret are right, and answers nothing either way, as the protocol wants. */
  cancel(processId: number, secret: Buffer, client: Socket): void {
    const issued = this.#issued.get(processId)
    const isRight = issued?.secret.length === secret.length && timingSafeEqual(issued.secret, secret)
    if (issued && isRight) issued.send(() => endClient(client))
    else endClient(client)
  }
}
