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

export function toHttpResponse(reply: RestResponse, context: ReplyContext): Response {
  const headers = new Headers(reply.headers)
  headers.append('Vary', 'Origin')
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Content-Security-Policy', "sandbox; default-src 'none'")
  headers.set('Cross-Origin-Resource-Policy', 'cross-origin')
  headers.set(REQUEST_ID_HEADER, context.requestId)
  if (context.isPersonal || reply.status >= 400) headers.set('Cache-Control', 'private, no-store')
  for (const [name, value] of corsHeaders(context.allowedOrigin)) headers.set(name, value)
  // An empty text would be given a media type.
  return new Response(reply.body === '' ? null : reply.body, { status: reply.status, headers })
}

export function toErrorHttpResponse(error: QueryError, context: ReplyContext): Response {
  return toHttpResponse(toErrorResponse(error), context)
}
