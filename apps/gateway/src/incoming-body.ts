/** Reads the body of a request as it comes in, and gives up on one that comes too slowly. */

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
 * Gives each chunk to `take`, and waits for what it returns. Throws a `BodyFault` where the body does not come in whole
 * or in time, and whatever `take` throws; the rest of the body is then not read.
 */
export async function readChunks(
  body: ReadableStream<Uint8Array>,
  pace: BodyPace,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const reader = body.getReader()
  const clock = new BodyClock(pace)
  try {
    for (;;) {
      const { done, value } = await Promise.race([readPart(reader), clock.late])
      if (done) return
      clock.count(value.byteLength)
      const taken = take(value)
      if (taken) await taken
    }
  } catch (error) {
    // Not waited for: the runtime may wait for the client with it.
    void reader.cancel().catch(() => undefined)
    throw error
  } finally {
    clock.stop()
  }
}

/** The runtime's error is the client's. */
async function readPart(reader: ReadableStreamDefaultReader<Uint8Array>) {
  return reader.read().catch((): never => {
    throw new BodyFault('broken')
  })
}

/** One timer for a whole body, set again where it goes off before the body is too slow: most bodies end before it does. */
class BodyClock {
  /** Rejects once the body is too slow. */
  readonly late: Promise<never>
  readonly #pace: BodyPace
  readonly #startedAt = Date.now()
  readonly #fail: (fault: BodyFault) => void
  #bytes = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(pace: BodyPace) {
    this.#pace = pace
    const { promise, reject } = Promise.withResolvers<never>()
    this.late = promise
    this.late.catch(() => undefined)
    this.#fail = reject
    this.#watch()
  }

  count(bytes: number): void {
    this.#bytes += bytes
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #watch(): void {
    const leftMs = this.#startedAt + dueAfterMs(this.#bytes, this.#pace) - Date.now()
    if (leftMs <= 0) this.#fail(new BodyFault('late'))
    else this.#timer = setTimeout(() => this.#watch(), leftMs)
  }
}

/** A body as text; null where it has more than `maxBytes`. Throws as `readChunks` does. */
export async function readText(request: Request, maxBytes: number, pace: BodyPace): Promise<string | null> {
  if (!request.body) return ''
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return null
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const tooLarge = Symbol('too large')
  try {
    await readChunks(request.body, pace, (chunk) => {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw tooLarge
      text += decoder.decode(chunk, { stream: true })
    })
  } catch (error) {
    if (error === tooLarge) return null
    throw error
  }
  return text + decoder.decode()
}
