/** From a reply of the query package to an HTTP response: what every answer of the data plane carries. */
import { type QueryError, type RestResponse, toErrorResponse } from '@db9/query'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import { corsHeaders } from './cors.ts'
import { type Executed, ON_ITS_WAY } from './data/execute.ts'
import { fromHex, HexStream } from './hex.ts'
import { Lru } from './lru.ts'
import { type Delivery, passOn, SMALL_REPLY_BYTES, StreamedText } from './outgoing-body.ts'

export interface ReplyContext {
  requestId: string
  /** The origin that may read the answer; null for none. */
  allowedOrigin: string | null
  /** A JWT came with the request, so the answer is one person's. */
  isPersonal: boolean
  /** For a large reply. */
  delivery: Delivery
}

/** Of one person's answers, and of errors. */
const NOT_STORED = 'private, no-store'
/** Of answers to a key alone: its own cache may ask whether what it has is still so. */
const ASKED_FOR = 'private, no-cache'

/** What every answer carries. */
const ALWAYS = {
  // The query package's own, and what the gateway adds to it.
  vary: 'Accept, Prefer, Range, Origin, apikey, Authorization',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** SQL may ask for these statuses; a Response of one refuses a body, when what was asked has long been done. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** What a unit of a string takes at most, in UTF-8. */
const MAX_BYTES_OF_UNIT = 3

export interface DataReply extends Omit<RestResponse, 'body'> {
  body: string | StreamedText | Uint8Array<ArrayBuffer> | null
}

/** The reply with the text that is still on its way in its place; where the reply has no use for it, it is ended. */
export function toDataReply(reply: RestResponse, rest: Executed['rest']): DataReply {
  if (reply.body === ON_ITS_WAY) return { ...reply, body: rest }
  // Of a HEAD, and of a result that turned out to be an error.
  if (rest instanceof StreamedText) void rest.stream.cancel()
  return reply
}

export function toHttpResponse(reply: DataReply, context: ReplyContext): Response {
  const { requestId, allowedOrigin } = context
  // An empty text would be given a media type.
  const hasBody = reply.body !== '' && !BODILESS.has(reply.status)
  const isPrivate = context.isPersonal || reply.status >= 400
  const response = new Response(hasBody ? payloadOf(reply, context.delivery) : null, {
    status: reply.status,
    headers: commonHeaders(allowedOrigin, isPrivate),
  })
  const { headers } = response
  for (const [name, value] of reply.headers) {
    const lower = name.toLowerCase()
    // A Response gives a text a media type of its own.
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

/** Directives of RFC 9111 section 5.2.2 for caches that many share. */
const SHARED = /^(?:public|private|s-maxage|proxy-revalidate|must-understand)\b/i

/** What SQL says of caching, for the caller's own cache alone: what one key may see is nothing for another. */
function ownCache(value: string): string {
  const directives = value.split(',').map((directive) => directive.trim())
  const own = directives.filter((directive) => directive !== '' && !SHARED.test(directive))
  return own.length === 0 ? ASKED_FOR : ['private', ...own].join(', ')
}

/** Made once per origin: a copy of a Headers object costs a third of one that is filled from text. */
const common = { open: new Lru<Headers>(100), private: new Lru<Headers>(100) }

function commonHeaders(allowedOrigin: string | null, isPrivate: boolean): Headers {
  const kept = isPrivate ? common.private : common.open
  const name = allowedOrigin ?? ''
  const known = kept.get(name)
  if (known) return known
  const headers = new Headers([...Object.entries(ALWAYS), ...corsHeaders(allowedOrigin)])
  headers.set('cache-control', isPrivate ? NOT_STORED : ASKED_FOR)
  kept.set(name, headers)
  return headers
}

const shaped = new WeakMap<QueryError, RestResponse>()

/** Most refusals are one and the same error each time; its reply is shaped once. */
export function toErrorReply(error: QueryError): RestResponse {
  const known = shaped.get(error)
  if (known) return known
  const reply = toErrorResponse(error)
  shaped.set(error, reply)
  return reply
}

/** The code of an error reply, which `Proxy-Status` carries for HEAD's sake; empty for others. */
export function codeOf({ status, headers }: Pick<RestResponse, 'status' | 'headers'>): string {
  if (status < 400) return ''
  const [, value = ''] = headers.find(([name]) => name === 'Proxy-Status') ?? []
  return /error=([0-9A-Za-z]+)/.exec(value)?.[1] ?? ''
}
