/**
 * CORS as the data plane answers it. A preflight carries no key and guards nothing: the real request is checked. No
 * cookies are used, so credentials are never allowed.
 */

/**
 * The last takes every other name, as PostgREST does: apps send headers of their own for their policies to read, or
 * for tracing. Browsers take it where no credentials are allowed, for all but `authorization`; the older ones, which
 * take it for a name, know the rest of the list (https://fetch.spec.whatwg.org/#http-access-control-allow-headers).
 */
const ALLOW_HEADERS = [
  'authorization',
  'apikey',
  'content-type',
  'accept',
  'accept-profile',
  'content-profile',
  'prefer',
  'range',
  'range-unit',
  'x-client-info',
  'x-retry-count',
  'x-supabase-api-version',
  'x-http-method-override',
  'x-server-timing',
  'idempotency-key',
  '*',
].join(', ')

const EXPOSE_HEADERS = [
  'content-encoding',
  'content-location',
  'content-profile',
  'content-range',
  'date',
  'location',
  'preference-applied',
  'proxy-status',
  'range-unit',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'server-timing',
  'x-request-id',
].join(', ')

export const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** Chromium takes no more; Firefox would take a day. */
const MAX_AGE_SECONDS = 7200

type Header = [string, string]

export function isPreflight(request: { method: string; headers: { has(name: string): boolean } }): boolean {
  const { method, headers } = request
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method')
}

/** `allowedOrigin` is the origin to let in, or null. What the browser asks for is never reflected. */
export function preflightHeaders(allowedOrigin: string | null): Header[] {
  const vary: Header = ['Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers']
  if (allowedOrigin === null) return [vary]
  return [
    vary,
    ['Access-Control-Allow-Origin', allowedOrigin],
    ['Access-Control-Allow-Methods', METHODS],
    ['Access-Control-Allow-Headers', ALLOW_HEADERS],
    ['Access-Control-Max-Age', String(MAX_AGE_SECONDS)],
  ]
}

/** For every real answer, errors too: without them a browser hides the answer from its own page. */
export function corsHeaders(allowedOrigin: string | null): Header[] {
  if (allowedOrigin === null) return []
  return [
    ['access-control-allow-origin', allowedOrigin],
    ['access-control-expose-headers', EXPOSE_HEADERS],
  ]
}
