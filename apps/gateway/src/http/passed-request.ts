/** What of a request goes on to a part behind the gateway: its headers, and its body as it comes. */
import { INTERNAL_HEADER_PREFIX, REQUEST_ID_HEADER } from '@db9/types/internal'
import { BodyFault, type BodyPace, readChunks } from './incoming-body.ts'

/** RFC 9110 section 7.6.1, and headers that a proxy before us may have written. */
export const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const NOT_FORWARDED = new Set([
  'host',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
])
/** Limits of the headers: enough for browsers and proxies, and below the limit of Node's server (16 KiB). */
const MAX_HEADERS = 200
const MAX_HEADER_CHARACTERS = 15 * 1024
const MAX_CONNECTION_CHARACTERS = 1024

/** Why a body was not passed on whole. */
export type BodyRefusal = 'tooLarge' | BodyFault['kind']

/** The headers that a part behind the gateway may see. Null where there are more than its server accepts. */
export function headersToPass(headers: Headers): Headers | null {
  const connection = headers.get('connection') ?? ''
  if (connection.length > MAX_CONNECTION_CHARACTERS) return null
  const named = new Set(connection.toLowerCase().split(/\s*,\s*/))
  const passed = new Headers()
  let [count, characters] = [0, 0]
  for (const [name, value] of headers) {
    count += 1
    characters += name.length + value.length
    if (count > MAX_HEADERS || characters > MAX_HEADER_CHARACTERS) return null
    if (mayEnter(name) && !named.has(name)) passed.set(name, value)
  }
  return passed
}

function mayEnter(name: string): boolean {
  if (HOP_BY_HOP.has(name) || NOT_FORWARDED.has(name) || name === REQUEST_ID_HEADER) return false
  return !name.startsWith(INTERNAL_HEADER_PREFIX) && !name.startsWith('cf-')
}

export interface PassedBody {
  readable: ReadableStream | null
  /** Why the body was not passed on whole; null where no reason is known. */
  fault(): BodyRefusal | null
}

/**
 * The body for a part, counted and timed. When it fails, the request to the part is aborted: a stream that
 * only fails would end that request as if the body were whole.
 */
export function passBody(
  request: Request,
  { maxBytes, pace, abort }: { maxBytes: number; pace: BodyPace; abort: () => void },
): PassedBody {
  if (!request.body) return { readable: null, fault: () => null }
  const { readable, writable } = passage(request.headers.get('content-length'))
  let fault: BodyRefusal | null = null
  const pump = async (body: ReadableStream<Uint8Array>) => {
    const writer = writable.getWriter()
    let bytes = 0
    await readChunks(body, pace, (chunk) => {
      bytes += chunk.byteLength
      if (bytes <= maxBytes) return writer.write(chunk)
      fault = 'tooLarge'
      throw new Error('the body is too large')
    })
    await writer.close()
  }
  pump(request.body).catch((error: unknown) => {
    if (error instanceof BodyFault) fault = error.kind
    abort()
  })
  return { readable, fault: () => fault }
}

/** Keeps the length of the body, where it is known. */
function passage(length: string | null): TransformStream<Uint8Array, Uint8Array> {
  return length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length))
}
