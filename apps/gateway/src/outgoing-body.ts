/** Hands the body of a large reply to its client in pieces, and ends it where the client takes none. */
import { Deadline } from './deadline.ts'

/**
 * What is no longer than this needs no clock. The kernels of both sides take about as much for a connection at once,
 * whether its client reads or not, so the request ends and holds nothing; and most replies are this short, and would pay
 * for a clock that never goes off: handing a reply over in pieces costs twice what the runtime takes to pass it through.
 * Longer ones wait for their client, and with them the data proxy and the memory that they take there.
 */
export const SMALL_REPLY_BYTES = 128 * 1024

/** A text that is still on its way here. `bytes` is null where its length is not known. */
export class StreamedText {
  readonly stream: ReadableStream<Uint8Array>
  readonly bytes: number | null

  constructor(stream: ReadableStream<Uint8Array>, bytes: number | null) {
    this.stream = stream
    this.bytes = bytes
  }

  static of({ body, headers }: Response): StreamedText | null {
    if (body === null) return null
    const length = headers.get('content-length')
    return new StreamedText(body, length === null ? null : Number(length))
  }
}

/** What a client may do with a large reply, and who counts it. */
export interface Delivery {
  /** The longest that it may take nothing (ms). */
  idleMs: number
  /** The reply begins; the result is told how many bytes were taken, and of all in the end. */
  begin(bytes: number): (taken: number) => void
  /** Keeps the request alive until the reply is over, should its client leave. */
  waitUntil(work: Promise<unknown>): void
}

/** The body for a Response: as it is where it is small, else in pieces that have to be taken in time. */
export function passOn(body: StreamedText | Uint8Array<ArrayBuffer>, delivery: Delivery): BodyInit {
  const isText = body instanceof StreamedText
  const bytes = isText ? body.bytes : body.byteLength
  if (bytes !== null && bytes <= SMALL_REPLY_BYTES) return isText ? body.stream : body
  const { readable, writable } = bytes === null ? new IdentityTransformStream() : new FixedLengthStream(bytes)
  const taken = delivery.begin(bytes ?? 0)
  const pieces = isText ? readPieces(body.stream) : cut(body)
  delivery.waitUntil(pump(pieces, writable.getWriter(), { idleMs: delivery.idleMs, taken }))
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

/** A stream of the runtime's own fills a buffer that it is given; else it gives a few kilobytes at a time. */
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

/** Null for a stream that is made here, such as one that turns digits into bytes. */
function byobReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' })
  } catch {
    return null
  }
}

/** Never rejects: that the client left, or took nothing, is nobody's to hear. */
async function pump(
  pieces: Pieces,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { idleMs, taken }: { idleMs: number; taken: (bytes: number) => void },
): Promise<void> {
  let takenAt = Date.now()
  const isIdle = () => new Error('the client takes nothing')
  const deadline = new Deadline(() => takenAt + idleMs - Date.now(), isIdle)
  try {
    for (;;) {
      const piece = await Promise.race([pieces.next(), deadline.passed])
      if (piece === null) break
      // The buffer of a piece that was taken is used again.
      const { length } = piece
      await Promise.race([writer.write(piece), deadline.passed])
      takenAt = Date.now()
      taken(length)
    }
    await Promise.race([writer.close(), deadline.passed])
  } catch (error) {
    // Not waited for: either may wait for the client.
    void writer.abort(error).catch(() => undefined)
    void pieces.cancel().catch(() => undefined)
  } finally {
    deadline.stop()
    taken(Number.POSITIVE_INFINITY)
  }
}
