/**
 * Reads and drops what is left of the body of a refused request. The runtime cuts a connection whose body was not read, and a
 * client that is still sending would lose the reply (RFC 9112, section 9.6).
 */
import { MOST_DROPPED_BYTES, readChunks } from './incoming-body.ts'
import { refusals } from './refusals.ts'

/** A body that takes longer is cut off. */
const PACE = { totalMs: 5_000, graceMs: 5_000, leastRate: Number.POSITIVE_INFINITY }

const TOO_MUCH = Symbol('too much')

/** Does nothing where the body was read, or where the client is refused for its many requests. Never throws. */
export async function drainRefused(request: Request, { code }: { code: string }): Promise<void> {
  if (request.body === null || request.bodyUsed || code === '' || code === refusals.tooManyFailures().code)
    return
  let bytes = 0
  const drop = ({ byteLength }: Uint8Array) => {
    bytes += byteLength
    if (bytes > MOST_DROPPED_BYTES) throw TOO_MUCH
  }
  await readChunks(request.body, PACE, drop).catch(() => undefined)
}
