/** Reads the body of a request as it arrives, and stops where it arrives too slowly. */
import { Deadline } from './deadline.ts'

/** How fast a body has to arrive. Milliseconds and bytes. */
export interface BodyPace {
  /** The whole body has to arrive within this. */
  totalMs: number
  /** During this time any speed is allowed: the start of a connection says little about it. */
  graceMs: number
  /** Bytes that have to arrive each second on average, after the grace time. */
  leastRate: number
}

/** `late`: the body arrived too slowly. `broken`: the connection ended, or its chunks are malformed. */
export class BodyFault extends Error {
  readonly kind: 'late' | 'broken'

  constructor(kind: BodyFault['kind']) {
    super(`the body is ${kind}`)
    this.kind = kind
  }
}

/** After how many ms a body is too slow of which only `bytes` have arrived. */
export function dueAfterMs(bytes: number, { totalMs, graceMs, leastRate }: BodyPace): number {
  return Math.min(totalMs, graceMs + (bytes / leastRate) * 1000)
}

/**
 * Passes each chunk to `take`, and awaits its result. `take` may call `end`, then or later, to end the body as too slow.
 * Throws a `BodyFault` where the body does not arrive whole or in time, and what `take` throws. The rest of the body is not
 * read then.
 */
export async function readChunks(
  body: ReadableStream<Uint8Array>,
  pace: BodyPace,
  take: (chunk: Uint8Array, end: () => void) => void | Promise<void>,
): Promise<void> {
  const reader = body.getReader()
  const startedAt = Date.now()
  let bytes = 0
  const isLate = () => new BodyFault('late')
  // Most bodies end before its timer fires.
  const deadline = new Deadline(() => startedAt + dueAfterMs(bytes, pace) - Date.now(), isLate)
  const end = () => deadline.fail(isLate())
  try {
    for (;;) {
      const { done, value } = await Promise.race([readPart(reader), deadline.passed])
      if (done) return
      bytes += value.byteLength
      const taken = take(value, end)
      if (taken) await taken
    }
  } catch (error) {
    // Not awaited: the runtime may wait for the client to end this.
    void reader.cancel().catch(() => undefined)
    throw error
  } finally {
    deadline.stop()
  }
}

/** An error of the runtime here comes from the client's connection. */
async function readPart(reader: ReadableStreamDefaultReader<Uint8Array>) {
  return reader.read().catch((): never => {
    throw new BodyFault('broken')
  })
}

export interface TextRules {
  maxBytes: number
  pace: BodyPace
  /** Counts a chunk. False where there is no room for it. `end` ends the body as too slow, then or later. */
  count(bytes: number, end: () => void): boolean
}

/** Of a body that is refused, more than this is cut off instead of read and dropped. */
export const MOST_DROPPED_BYTES = 10 * 1024 * 1024

/** Reads a body as text. Null where it is longer than `maxBytes`, or there is no room for it. Throws like `readChunks`. */
export async function readText(
  request: Request,
  { maxBytes, pace, count }: TextRules,
): Promise<string | null> {
  if (!request.body) return ''
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return null
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  let isTooLarge = false
  const noRoom = Symbol('no room')
  try {
    await readChunks(request.body, pace, (chunk, end) => {
      bytes += chunk.byteLength
      // What is too much is dropped: the client would lose the reply if it were not read.
      isTooLarge ||= bytes > maxBytes
      if (isTooLarge && bytes <= MOST_DROPPED_BYTES) return
      if (isTooLarge || !count(chunk.byteLength, end)) throw noRoom
      text += decoder.decode(chunk, { stream: true })
    })
  } catch (error) {
    if (error === noRoom) return null
    throw error
  }
  return isTooLarge ? null : text + decoder.decode()
}
