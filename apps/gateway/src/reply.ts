/** From a reply of the query package to an HTTP response: what every answer of the data plane carries. */
import { type QueryError, type RestResponse, toErrorResponse } from '@db9/query'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import { corsHeaders } from './cors.ts'

export interface ReplyContext {
  requestId: string
  /** The origin that may read the answer; null for none. */
  allowedOrigin: string | null
  /** A JWT came with the request, so the answer is one person's. */
  isPersonal: boolean
}

/** What every answer carries, whatever SQL says. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** SQL may ask for these statuses; a Response of one refuses a body, when what was asked has long been done. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

export function toHttpResponse(reply: RestResponse, context: ReplyContext): Response {
  // A plain object, filled once: on the short path each call into the runtime's Headers counts.
  const headers: Record<string, string> = {}
  for (const [name, value] of reply.headers) add(headers, name.toLowerCase(), value)
  add(headers, 'vary', 'Origin')
  Object.assign(headers, ALWAYS)
  headers[REQUEST_ID_HEADER] = context.requestId
  if (context.isPersonal || reply.status >= 400) headers['cache-control'] = 'private, no-store'
  for (const [name, value] of corsHeaders(context.allowedOrigin)) headers[name] = value
  // An empty text would be given a media type.
  const hasBody = reply.body !== '' && !BODILESS.has(reply.status)
  return new Response(hasBody ? reply.body : null, { status: reply.status, headers })
}

function add(headers: Record<string, string>, name: string, value: string): void {
  const known = headers[name]
  headers[name] = known === undefined ? value : `${known}, ${value}`
}

export function toErrorHttpResponse(error: QueryError, context: ReplyContext): Response {
  return toHttpResponse(toErrorResponse(error), context)
}
