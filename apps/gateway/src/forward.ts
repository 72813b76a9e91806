/** /customer, /docs and their like: handed to the control API as they come, but for what must not pass the door. */
import { signRequest } from '@db9/types/credential'
import {
  CLIENT_ADDRESS_HEADER,
  FORWARDED_HEADER,
  INTERNAL_HEADER_PREFIX,
  REQUEST_ID_HEADER,
} from '@db9/types/internal'
import type { Config } from './env.ts'

/** RFC 9110 section 7.6.1, and what a proxy before us may have written. */
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
/** The largest body of any route (10 MiB of SQL), its JSON escapes included. */
const MAX_BODY_BYTES = 12 * 1024 * 1024

export interface Forwarded {
  request: Request
  requestId: string
  /** As the gateway saw it; empty where unknown. */
  clientAddress: string
}

export async function forward(
  { request, requestId, clientAddress }: Forwarded,
  config: Config,
): Promise<Response> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return tooLarge(requestId)
  // Normalised, as the request will arrive: the signature must hold there.
  const { pathname, search } = new URL(request.url)
  const path = pathname + search
  const { method } = request
  const headers = new Headers([...request.headers].filter(([name]) => mayEnter(name, request.headers)))
  headers.set(CLIENT_ADDRESS_HEADER, clientAddress)
  headers.set(REQUEST_ID_HEADER, requestId)
  headers.set(
    FORWARDED_HEADER,
    await signRequest({ method, path, body: clientAddress }, config.internalSecret),
  )
  const abort = new AbortController()
  const counted = countBody(request, () => abort.abort())
  try {
    const response = await config.control.fetch(path, {
      method,
      headers,
      body: counted.body,
      redirect: 'manual',
      signal: abort.signal,
    })
    return counted.isTooLarge() ? tooLarge(requestId) : toReply(response, requestId)
  } catch (error) {
    if (counted.isTooLarge()) return tooLarge(requestId)
    throw error
  }
}

function mayEnter(name: string, headers: Headers): boolean {
  const named = (headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
  if (HOP_BY_HOP.has(name) || NOT_FORWARDED.has(name) || named.includes(name)) return false
  return !name.startsWith(INTERNAL_HEADER_PREFIX) && !name.startsWith('cf-') && name !== REQUEST_ID_HEADER
}

/**
 * A body with a length is held to it by HTTP itself; one without is counted on its way. A stream that only failed, at
 * the cap or because the caller left, would end the request to the control API as if it were whole; so it is aborted.
 */
function countBody(
  request: Request,
  abort: () => void,
): { body: ReadableStream | null; isTooLarge: () => boolean } {
  if (!request.body || request.headers.has('content-length')) {
    return { body: request.body, isTooLarge: () => false }
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  let isTooLarge = false
  const pump = async (from: ReadableStreamDefaultReader<Uint8Array>) => {
    const writer = writable.getWriter()
    let bytes = 0
    for (let part = await from.read(); !part.done; part = await from.read()) {
      bytes += part.value.byteLength
      isTooLarge = bytes > MAX_BODY_BYTES
      if (isTooLarge) return abort()
      await writer.write(part.value)
    }
    await writer.close()
  }
  pump(request.body.getReader()).catch(abort)
  return { body: readable, isTooLarge: () => isTooLarge }
}

function toReply(response: Response, requestId: string): Response {
  const headers = new Headers(
    [...response.headers].filter(
      ([name]) => !HOP_BY_HOP.has(name) && !name.startsWith(INTERNAL_HEADER_PREFIX),
    ),
  )
  headers.set(REQUEST_ID_HEADER, requestId)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

function tooLarge(requestId: string): Response {
  const message = `the request body is larger than ${MAX_BODY_BYTES} bytes`
  return Response.json({ message }, { status: 413, headers: { [REQUEST_ID_HEADER]: requestId } })
}
