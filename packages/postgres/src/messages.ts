/** The frontend's and backend's messages of the wire protocol, version 3 (postgresql.org/docs/18/protocol-message-formats.html). */

export class Message {
  /** The type byte, as a character. */
  readonly type: string
  readonly #data: Buffer
  readonly #start: number
  readonly #end: number

  /** The one at `start` of `data`, with its header. */
  constructor(data: Buffer, start: number, end: number) {
    this.type = String.fromCharCode(data[start] ?? 0)
    this.#data = data
    this.#start = start
    this.#end = end
  }

  /** A view, made when it is asked for, since most messages are not looked into. */
  get body(): Buffer {
    return this.#data.subarray(this.#start + HEADER, this.#end)
  }
}

const HEADER = 5

/** A message whose length is impossible, or more than its reader takes. */
export class MessageTooLarge extends Error {}

/** Cuts a byte stream into messages, however it is chunked. */
export class MessageReader {
  /** The start of a message that is not whole yet. Joined once only: a large one comes in many chunks. */
  #parts: Buffer[] = []
  #size = 0
  #needed = HEADER
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * The messages that this chunk completes. Bodies are views that stay valid. Throws `MessageTooLarge` as soon as a
   * header announces more than the reader takes.
   */
  push(chunk: Buffer): Message[] {
    const data = this.#join(chunk)
    if (!data) return []
    const messages: Message[] = []
    let offset = 0
    this.#needed = HEADER
    while (data.length - offset >= HEADER) {
      const length = data.readInt32BE(offset + 1)
      if (length < 4 || length > this.#maxBytes) throw new MessageTooLarge(`a message of ${length} bytes`)
      const end = offset + 1 + length
      if (end > data.length) {
        this.#needed = 1 + length
        break
      }
      messages.push(new Message(data, offset, end))
      offset = end
    }
    this.#size = data.length - offset
    this.#parts = this.#size > 0 ? [data.subarray(offset)] : []
    return messages
  }

  /** What arrived after the last whole message. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    this.#needed = HEADER
    return rest
  }

  #join(chunk: Buffer): Buffer | null {
    if (this.#size === 0) return chunk
    this.#parts.push(chunk)
    this.#size += chunk.length
    return this.#size < this.#needed ? null : Buffer.concat(this.#parts, this.#size)
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
