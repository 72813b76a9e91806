/** Makes an HTTP response of a reply of the query package, with the headers that every reply of the data plane carries. */
import { type QueryError, type RestResponse, toErrorResponse } from '@db9/query'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import { KeptHeaders } from '../fast/kept-headers.ts'
import { corsHeaders } from './cors.ts'
import { fromHex, HexStream } from './hex.ts'
import { type Delivery, passOn, SMALL_REPLY_BYTES, StreamedText } from './outgoing-body.ts'

export interface ReplyContext {
  requestId: string
  /** The origin that may read the reply; null for none. */
  allowedOrigin: string | null
  /** The request carried a JWT, so the reply is for one person. */
  isPersonal: boolean
  /** For a large reply. */
  delivery: Delivery
}

/** For replies to one person, and for errors. */
const NOT_STORED = 'private, no-store'
/** For replies to a key alone: the caller's own cache may keep them, and has to revalidate them. */
const ASKED_FOR = 'private, no-cache'

/** The headers of every reply. */
const ALWAYS = {
  // The headers of the query package, and those that the gateway adds.
  vary: 'Accept, Prefer, Range, Origin, apikey, Authorization',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** SQL may ask for these statuses. A Response with one of them may have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** The most bytes that a unit of a string takes in UTF-8. */
const MAX_BYTES_OF_UNIT = 3

export interface DataReply extends Omit<RestResponse, 'body'> {
  body: string | StreamedText | Uint8Array<ArrayBuffer> | null
}

export function toHttpResponse(reply: DataReply, context: ReplyContext): Response {
  const { requestId, allowedOrigin } = context
  // A Response would give an empty text a media type.
  const hasBody = reply.body !== '' && !BODILESS.has(reply.status)
  const isPrivate = context.isPersonal || reply.status >= 400
  const response = new Response(hasBody ? payloadOf(reply, context.delivery) : null, {
    status: reply.status,
    headers: (isPrivate ? common.private : common.open).of(allowedOrigin ?? ''),
  })
  const { headers } = response
  for (const [name, value] of reply.headers) {
    const lower = name.toLowerCase()
    // Replaces the media type that a Response gives to a text.
    if (lower === 'content-type') headers.set(lower, value)
    else if (lower === 'cache-control') headers.set(lower, isPrivate ? NOT_STORED : ownCache(value))
    else if (lower !== 'vary') headers.append(lower, value)
  }
  headers.set(REQUEST_ID_HEADER, requestId)
  return response
}

function payloadOf({ body, encoding }: DataReply, delivery: Delivery): BodyInit | null {
  if (body === null) return null
  if (encoding === 'text' && typeof body === 'string' && body.length <= SMALL_REPLY_BYTES / MAX_BYTES_OF_UNIT)
    return body
  const sent = typeof body === 'string' ? toBytes(body) : body
  return passOn(encoding === 'text' ? sent : fromDigits(sent), delivery)
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
}

function fromDigits(digits: StreamedText | Uint8Array<ArrayBuffer>): StreamedText | Uint8Array<ArrayBuffer> {
  if (!(digits instanceof StreamedText)) return fromHex(digits)
  const { stream, bytes } = digits
  return new StreamedText(stream.pipeThrough(new HexStream()), bytes === null ? null : bytes / 2)
}

/** Directives for shared caches, of RFC 9111 section 5.2.2. */
const SHARED = /^(?:public|private|s-maxage|proxy-revalidate|must-understand)\b/i

/** The cache directives of SQL, for the caller's own cache alone: another key may not see the same rows. */
function ownCache(value: string): string {
  const directives = value.split(',').map((directive) => directive.trim())
  const own = directives.filter((directive) => directive !== '' && !SHARED.test(directive))
  return own.length === 0 ? ASKED_FOR : ['private', ...own].join(', ')
}

/** By the origin that may read the reply; empty for none. */
const common = {
  open: new KeptHeaders((origin) => commonHeaders(origin, ASKED_FOR)),
  private: new KeptHeaders((origin) => commonHeaders(origin, NOT_STORED)),
}

function commonHeaders(origin: string, cacheControl: string): Headers {
  const cors = corsHeaders(origin === '' ? null : origin)
  return new Headers([...Object.entries(ALWAYS), ...cors, ['cache-control', cacheControl]])
}

const shaped = new WeakMap<QueryError, RestResponse>()

/** Most refusals are the same error object each time, so its reply is made once. */
export function toErrorReply(error: QueryError): RestResponse {
  const known = shaped.get(error)
  if (known) return known
  const reply = toErrorResponse(error)
  shaped.set(error, reply)
  return reply
}

/** The code of an error reply, from `Proxy-Status`, which carries it for HEAD too. Empty for other replies. */
export function codeOf({ status, headers }: Pick<RestResponse, 'status' | 'headers'>): string {
  if (status < 400) return ''
  const [, value = ''] = headers.find(([name]) => name === 'Proxy-Status') ?? []
  return /error=([0-9A-Za-z]+)/.exec(value)?.[1] ?? ''
}
