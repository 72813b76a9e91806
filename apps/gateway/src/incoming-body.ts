/** Reads the body of a request as it comes in, and gives up on one that comes too slowly. */
import { Deadline } from './deadline.ts'

/** How fast a body has to come in. Milliseconds and bytes. */
export interface BodyPace {
  /** The whole body is here after this. */
  totalMs: number
  /** Until this, it may be as slow as it likes: a connection that has just begun says little. */
  graceMs: number
  /** What has to come in each second on average, beyond the grace. */
  leastRate: number
}

/** `late`: it came too slowly. `broken`: the connection ended, or its chunks are none. */
export class BodyFault extends Error {
  readonly kind: 'late' | 'broken'

  constructor(kind: BodyFault['kind']) {
    super(`the body is ${kind}`)
    this.kind = kind
  }
}

/** How long after it began a body that has brought no more than `bytes` is too slow. */
export function dueAfterMs(bytes: number, { totalMs, graceMs, leastRate }: BodyPace): number {
  return Math.min(totalMs, graceMs + (bytes / leastRate) * 1000)
}

/**
 * Gives each chunk to `take`, and waits for what it returns; `end` gives up on the body as one that is too slow, then or
 * later. Throws a `BodyFault` where the body does not come in whole or in time, and whatever `take` throws; the rest of the
 * body is then not read.
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
  // Most bodies end before its timer goes off.
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
    // Not waited for: the runtime may wait for the client with it.
    void reader.cancel().catch(() => undefined)
    throw error
  } finally {
    deadline.stop()
  }
}

/** The runtime's error is the client's. */
async function readPart(reader: ReadableStreamDefaultReader<Uint8Array>) {
  return reader.read().catch((): never => {
    throw new BodyFault('broken')
  })
}

export interface TextRules {
  maxBytes: number
  pace: BodyPace
  /** Told of each chunk; `end` ends the body as too slow, then or later. False: there is no room for it. */
  count(bytes: number, end: () => void): boolean
}

/** A body as text; null where it has more than `maxBytes`, or there is no room for it. Throws as `readChunks` does. */
export async function readText(
  request: Request,
  { maxBytes, pace, count }: TextRules,
): Promise<string | null> {
  if (!request.body) return ''
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return null
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const tooLarge = Symbol('too large')
  try {
    await readChunks(request.body, pace, (chunk, end) => {
      bytes += chunk.byteLength
      if (bytes > maxBytes || !count(chunk.byteLength, end)) throw tooLarge
      text += decoder.decode(chunk, { stream: true })
    })
  } catch (error) {
    if (error === tooLarge) return null
    throw error
  }
  return text + decoder.decode()
}
