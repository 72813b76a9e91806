/** Sends the body of a large reply to its client in pieces, and ends it where the client stops reading. */
import { Deadline } from './deadline.ts'

/**
 * A reply of at most this many bytes needs no deadline. The kernels of both sides buffer about as much for a connection,
 * whether the client reads or not, so the request ends and holds nothing. Most replies are this short, and sending one in
 * pieces costs twice as much as letting the runtime pass it through. A longer reply waits for its client, and meanwhile
 * holds a connection to the data proxy and memory there.
 */
export const SMALL_REPLY_BYTES = 128 * 1024

/** A text that is still arriving. `bytes` is null where its length is not known. */
export class StreamedText {
  readonly stream: ReadableStream<Uint8Array>
  readonly bytes: number | null
  /** Each part of it is sent on as soon as it is here, and its source may be silent for as long as it likes. */
  readonly isLive: boolean

  constructor(stream: ReadableStream<Uint8Array>, bytes: number | null, isLive = false) {
    this.stream = stream
    this.bytes = bytes
    this.isLive = isLive
  }

  static of({ body, headers }: Response): StreamedText | null {
    if (body === null) return null
    const length = headers.get('content-length')
    return new StreamedText(body, length === null ? null : Number(length))
  }
}

/** How long a large reply may wait for its client, and how it is counted. */
export interface Delivery {
  /** How long the client may read nothing (ms). */
  idleMs: number
  /** Counts a reply that begins. The result is called with the bytes that the client took, until all are counted. */
  begin(bytes: number): (taken: number) => void
  /** Keeps the request alive until the reply has ended, should its client leave. */
  waitUntil(work: Promise<unknown>): void
}

/** The body for a Response: unchanged where it is small, else in pieces that the client has to read in time. */
export function passOn(body: StreamedText | Uint8Array<ArrayBuffer>, delivery: Delivery): BodyInit {
  const isText = body instanceof StreamedText
  const bytes = isText ? body.bytes : body.byteLength
  if (bytes !== null && bytes <= SMALL_REPLY_BYTES) return isText ? body.stream : body
  const { readable, writable } = bytes === null ? new IdentityTransformStream() : new FixedLengthStream(bytes)
  const taken = delivery.begin(bytes ?? 0)
  const isLive = isText && body.isLive
  const pieces = isText ? (isLive ? readChunks : readPieces)(body.stream) : cut(body)
  delivery.waitUntil(pump(pieces, writable.getWriter(), { idleMs: delivery.idleMs, isLive, taken }))
  return readable
}

const PIECE_BYTES = 128 * 1024

interface Pieces {
  /** Null at the end. */
  next(): Promise<Uint8Array | null> | Uint8Array | null
  cancel(): Promise<void>
}

function cut(bytes: Uint8Array): Pieces {
  let at = 0
  return {
    next: () => {
      if (at >= bytes.length) return null
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      at += piece.length
      return piece
    },
    cancel: async () => {},
  }
}

/** A stream of the runtime can fill a given buffer. Other streams give a few kilobytes at a time. */
function readPieces(stream: ReadableStream<Uint8Array>): Pieces {
  const reader = byobReader(stream)
  if (reader === null) return readChunks(stream)
  let buffer = new ArrayBuffer(PIECE_BYTES)
  return {
    next: async () => {
      const { done, value } = await reader.readAtLeast(PIECE_BYTES, new Uint8Array(buffer))
      if (done) return null
      buffer =
        value.buffer.byteLength === PIECE_BYTES ? (value.buffer as ArrayBuffer) : new ArrayBuffer(PIECE_BYTES)
      return value
    },
    cancel: () => reader.cancel(),
  }
}

function readChunks(stream: ReadableStream<Uint8Array>): Pieces {
  const reader = stream.getReader()
  return {
    next: async () => (await reader.read()).value ?? null,
    cancel: () => reader.cancel(),
  }
}

/** Null for a stream that is made in JavaScript, such as `HexStream`. */
function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' })
  } catch {
    return null
  }
}

/** Never rejects: a client that left, or that reads nothing, is no error of ours. */
async function pump(
  pieces: Pieces,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { idleMs, isLive, taken }: { idleMs: number; isLive: boolean; taken: (bytes: number) => void },
): Promise<void> {
  let takenAt = Date.now()
  let waitsForSource = false
  const isIdle = () => new Error('the client takes nothing')
  const deadline = new Deadline(() => (waitsForSource ? idleMs : takenAt + idleMs - Date.now()), isIdle)
  try {
    for (;;) {
      waitsForSource = isLive
      const piece = await Promise.race([pieces.next(), deadline.passed])
      if (piece === null) break
      if (isLive) takenAt = Date.now()
      waitsForSource = false
      // Read before the write, because the buffer of the piece is used again.
      const { length } = piece
      await Promise.race([writer.write(piece), deadline.passed])
      takenAt = Date.now()
      taken(length)
    }
    await Promise.race([writer.close(), deadline.passed])
  } catch (error) {
    // Not awaited: either may wait for the client.
    void writer.abort(error).catch(() => undefined)
    void pieces.cancel().catch(() => undefined)
  } finally {
    deadline.stop()
    taken(Number.POSITIVE_INFINITY)
  }
}
