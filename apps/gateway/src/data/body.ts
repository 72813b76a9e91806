/** A request's body as text, counted while it comes in: its length header is not what the cap is held by. */
import { isBinary } from '@db9/query'
import { toHex } from '@db9/types/crypto'
import type { HeldBody } from '../held-bodies.ts'
import { BodyFault, type BodyPace, readChunks } from '../incoming-body.ts'
import { refusals } from '../refusals.ts'
import type { BodyShare } from './large-bodies.ts'

export interface BodyRules {
  maxBytes: number
  pace: BodyPace
  share: BodyShare
  /** Begins to count what it holds; the request releases that once it is over. */
  hold(): HeldBody
}

/** A body that came whole in its first chunk, and is no longer than this, is held as the headers are, and not counted. */
const AT_ONCE_BYTES = 16 * 1024

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Empty where there is none; bytes as hexadecimal digits, which `RequestInput` asks for. Throws `bodyTooLarge`,
 * `bodyNotUtf8`, `bodyBroken` where it ends in the middle, `bodyLate` where it comes too slowly, `bodiesTooMany` where its
 * database has too many. A large one is given when it is its turn.
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
