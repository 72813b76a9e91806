/** Forwards /customer, /docs and the like to the control API, without the headers that a client must not set there. */
import { signRequest } from '@db9/internal-api/signature'
import {
  CLIENT_ADDRESS_HEADER,
  FORWARDED_HEADER,
  INTERNAL_HEADER_PREFIX,
  REQUEST_ID_HEADER,
} from '@db9/types/internal'
import type { Config } from '../config.ts'
import { type Delivery, passOn, StreamedText } from '../http/outgoing-body.ts'
import { type BodyRefusal, HOP_BY_HOP, headersToPass, passBody } from '../http/passed-request.ts'
import { refuse } from './refusals.ts'

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
  const body = passBody(request, {
    maxBytes: MAX_BODY_BYTES,
    pace: config.bodyPace,
    abort: () => abort.abort(),
  })
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

const BODY_REFUSALS: Record<BodyRefusal, (requestId: string) => Response> = {
  tooLarge,
  broken: (requestId) => refuse('invalid_request', 'the request body did not arrive whole', { requestId }),
  late: (requestId) => refuse('request_timeout', 'the request body did not arrive in time', { requestId }),
}

function tooLarge(requestId: string): Response {
  return refuse('body_too_large', `the request body is larger than ${MAX_BODY_BYTES} bytes`, { requestId })
}
