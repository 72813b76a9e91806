/** Reads what a client sends before it is logged in. */
import type { Socket } from 'node:net'
import { Message } from '@db9/postgres/messages'
import { clientGone, ProxyError } from '../errors.ts'
import { type FirstPacket, readFirstPacket } from './startup.ts'

const MAX_MESSAGE = 64 * 1024

/** Reads the handshake's packets one at a time; what comes after them stays for the server. */
export class HandshakeReader {
  readonly #client: Socket
  #data: Buffer = Buffer.alloc(0)

  constructor(client: Socket) {
    this.#client = client
  }

  async firstPacket(): Promise<FirstPacket> {
    for (;;) {
      const read = readFirstPacket(this.#data)
      if (!read) {
        await this.#more()
        continue
      }
      this.#data = this.#data.subarray(read.length)
      // What was sent before encryption was settled could have been slipped in by somebody else (CVE-2021-23214).
      if ((read.packet.kind === 'ssl' || read.packet.kind === 'gss') && this.#data.length > 0) {
        throw new ProxyError('08P01', 'data was sent before encryption was settled')
      }
      return read.packet
    }
  }

  async message(type: string): Promise<Message> {
    for (;;) {
      if (this.#data.length >= 5) {
        const length = this.#data.readInt32BE(1)
        if (length < 4 || length > MAX_MESSAGE) throw new ProxyError('08P01', 'invalid message length')
        if (String.fromCharCode(this.#data[0] ?? 0) !== type) {
          throw new ProxyError('08P01', 'an answer to the authentication request was expected')
        }
        if (this.#data.length >= 1 + length) {
          const received = new Message(this.#data, 0, 1 + length)
          this.#data = this.#data.subarray(1 + length)
          return received
        }
      }
      await this.#more()
    }
  }

  /** What the client sent beyond the handshake. */
  takeRest(): Buffer {
    return this.#data
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (work: () => void) => {
        this.#client.off('data', onData).off('close', onClose).pause()
        work()
      }
      const onData = (chunk: Buffer) =>
        settle(() => {
          this.#data = Buffer.concat([this.#data, chunk])
          resolve()
        })
      const onClose = () => settle(() => reject(clientGone()))
      if (this.#client.destroyed) onClose()
      else this.#client.on('data', onData).on('close', onClose).resume()
    })
  }
}
