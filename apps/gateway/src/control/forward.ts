/** Forwards /customer, /docs and the like to the control API, without the headers that a client must not set there. */
import { signRequest } from '@db9/internal-api/signature'
import {
  CLIENT_ADDRESS_HEADER,
  FORWARDED_HEADER,
  INTERNAL_HEADER_PREFIX,
  REQUEST_ID_HEADER,
} from '@db9/types/internal'
import type { Config } from '../config.ts'
import { BodyFault, type BodyPace, readChunks } from '../http/incoming-body.ts'
import { type Delivery, passOn, StreamedText } from '../http/outgoing-body.ts'
import { refuse } from './refusals.ts'

/** RFC 9110 section 7.6.1, and headers that a proxy before us may have written. */
const HOP_BY_HOP = new Set([
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
/** Methods that `fetch` sends without a body only. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD'])
/** The largest body of all routes (10 MiB of SQL), with its JSON escapes. */
const MAX_BODY_BYTES = 12 * 1024 * 1024

export interface Forwarded {
  request: Request
  requestId: string
  /** The address that the gateway saw; empty where it is not known. */
  clientAddress: string
  delivery: Delivery
}

export async function forward(
  { request, requestId, clientAddress, delivery }: Forwarded,
  config: Config,
): Promise<Response> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return tooLarge(requestId)
  // The normalised path, since the control API checks the signature with the path that arrives.
  const { pathname, search } = new URL(request.url)
  const path = pathname + search
  const { method } = request
  if (request.body !== null && BODILESS.has(method))
    return refuse('invalid_request', `a request with ${method} may have no body`, { requestId })
  const headers = headersToPass(request.headers)
  if (headers === null)
    return refuse('headers_too_large', 'there are too many request headers', { requestId })
  headers.set(CLIENT_ADDRESS_HEADER, clientAddress)
  headers.set(REQUEST_ID_HEADER, requestId)
  headers.set(
    FORWARDED_HEADER,
    await signRequest({ method, path, body: clientAddress }, config.internalSecret),
  )
  const abort = new AbortController()
  const body = passBody(request, config.bodyPace, () => abort.abort())
  const refusal = () => {
    const fault = body.fault()
    return fault === null ? null : BODY_REFUSALS[fault](requestId)
  }
  try {
    const response = await config.control.fetch(path, {
      method,
      headers,
      body: body.readable,
      redirect: 'manual',
      signal: abort.signal,
    })
    return refusal() ?? toReply(response, { requestId, method }, delivery)
  } catch (error) {
    const refused = refusal()
    if (refused) return refused
    throw error
  }
}

/** The headers that the control API may see. Null where there are more than its server accepts. */
function headersToPass(headers: Headers): Headers | null {
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

interface PassedBody {
  readable: ReadableStream | null
  /** Why the body was not passed on whole; null where no reason is known. */
  fault(): BodyRefusal | null
}

/**
 * The body for the control API, counted and timed. When it fails, the request to the control API is aborted: a stream that
 * only fails would end that request as if the body were whole.
 */
function passBody(request: Request, pace: BodyPace, abort: () => void): PassedBody {
  if (!request.body) return { readable: null, fault: () => null }
  const { readable, writable } = passage(request.headers.get('content-length'))
  let fault: BodyRefusal | null = null
  const pump = async (body: ReadableStream<Uint8Array>) => {
    const writer = writable.getWriter()
    let bytes = 0
    await readChunks(body, pace, (chunk) => {
      bytes += chunk.byteLength
      if (bytes <= MAX_BODY_BYTES) return writer.write(chunk)
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

function toReply(
  response: Response,
  { requestId, method }: { requestId: string; method: string },
  delivery: Delivery,
): Response {
  const headers = new Headers(
    [...response.headers].filter(
      ([name]) => !HOP_BY_HOP.has(name) && !name.startsWith(INTERNAL_HEADER_PREFIX),
    ),
  )
  headers.set(REQUEST_ID_HEADER, requestId)
  // The reply to HEAD has no body, although its content-length says otherwise.
  const text = method === 'HEAD' ? null : StreamedText.of(response)
  const body = text && passOn(text, delivery)
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

type BodyRefusal = 'tooLarge' | BodyFault['kind']

const BODY_REFUSALS: Record<BodyRefusal, (requestId: string) => Response> = {
  tooLarge,
  broken: (requestId) => refuse('invalid_request', 'the request body did not arrive whole', { requestId }),
  late: (requestId) => refuse('request_timeout', 'the request body did not arrive in time', { requestId }),
}

function tooLarge(requestId: string): Response {
  return refuse('body_too_large', `the request body is larger than ${MAX_BODY_BYTES} bytes`, { requestId })
}
