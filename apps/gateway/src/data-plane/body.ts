/** Reads the body of a request as text. Its bytes are counted as they arrive, since its length header may be wrong. */
import { isBinary } from '@db9/query'
import { toHex } from '@db9/types/crypto'
import type { HeldBody } from '../http/held-bodies.ts'
import { BodyFault, type BodyPace, readChunks } from '../http/incoming-body.ts'
import { refusals } from '../http/refusals.ts'
import type { BodyShare } from './large-bodies.ts'

export interface BodyRules {
  maxBytes: number
  pace: BodyPace
  share: BodyShare
  /** Begins to count the bytes that the body holds. The request releases them when it is over. */
  hold(): HeldBody
}

/** A body of at most this many bytes that arrives whole in its first chunk is not counted, like the headers. */
const AT_ONCE_BYTES = 16 * 1024

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The text of the body; empty where there is none, and hexadecimal digits for bytes, as `RequestInput` asks for. A large
 * body waits for its turn. Throws `bodyTooLarge`, `bodyNotUtf8`, `bodyBroken` where it ends early, `bodyLate` where it
 * arrives too slowly, and `bodiesTooMany` where its database has too many.
 */
export async function readBody(
  request: Request,
  { maxBytes, pace, share, hold }: BodyRules,
): Promise<string> {
  if (!WITH_BODY.has(request.method) || !request.body) return ''
  const length = Number(request.headers.get('content-length') ?? 0)
  if (length > maxBytes) throw refusals.bodyTooLarge(maxBytes)
  share.expect(length)
  const decoder = isBinary(request.headers.get('content-type')) ? hexDecoder() : textDecoder()
  let text = ''
  let bytes = 0
  const held = hold()
  try {
    await readChunks(request.body, pace, (chunk, end) => {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw refusals.bodyTooLarge(maxBytes)
      share.add(chunk.byteLength)
      const isAtOnce = bytes === length && bytes === chunk.byteLength && bytes <= AT_ONCE_BYTES
      if (!isAtOnce && !held.take(chunk.byteLength, end)) throw refusals.bodiesTooMany()
      text += decoder.add(chunk)
    })
  } catch (error) {
    throw error instanceof BodyFault ? FAULTS[error.kind]() : error
  }
  held.complete()
  text += decoder.end()
  await share.turn()
  return text
}

const FAULTS = { late: refusals.bodyLate, broken: refusals.bodyBroken } as const

interface Decoder {
  add(chunk: Uint8Array): string
  end(): string
}

function textDecoder(): Decoder {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  const decode = (step: () => string): string => {
    try {
      return step()
    } catch {
      throw refusals.bodyNotUtf8()
    }
  }
  return {
    add: (chunk) => decode(() => decoder.decode(chunk, { stream: true })),
    end: () => decode(() => decoder.decode()),
  }
}

/** The input form of a bytea (postgresql.org/docs/current/datatype-binary.html). */
function hexDecoder(): Decoder {
  let prefix = '\\x'
  const withPrefix = (digits: string): string => {
    const text = prefix + digits
    prefix = ''
    return text
  }
  return { add: (chunk) => withPrefix(toHex(chunk)), end: () => withPrefix('') }
}
