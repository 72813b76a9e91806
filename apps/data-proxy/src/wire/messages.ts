/** The frontend's and backend's messages of the wire protocol, version 3 (postgresql.org/docs/18/protocol-message-formats.html). */

export interface Message {
  /** The type byte, as a character. */
  type: string
  body: Buffer
}

const HEADER = 5

/** Cuts a byte stream into messages, however it is chunked. Throws a `RangeError` where one exceeds `maxBytes`. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The messages that this chunk completes. Bodies are views that stay valid. */
  push(chunk: Buffer): Message[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Message[] = []
    let offset = 0
    while (data.length - offset >= HEADER) {
      const length = data.readInt32BE(offset + 1)
      if (length < 4 || length > this.#maxBytes) throw new RangeError(`a message of ${length} bytes`)
      if (data.length - offset < 1 + length) break
      messages.push({
        type: String.fromCharCode(data[offset] ?? 0),
        body: data.subarray(offset + HEADER, offset + 1 + length),
      })
      offset += 1 + length
    }
    this.#rest = data.subarray(offset)
    return messages
  }

  /** What arrived after the last whole message. */
  takeRest(): Buffer {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return rest
  }
}

/** A message of the given type; startup messages have none (`''`). */
export function message(type: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  const header = Buffer.alloc(type.length + 4)
  header.write(type, 'latin1')
  header.writeInt32BE(body.length + 4, type.length)
  return Buffer.concat([header, body])
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

export function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}
