/**
 * The CORS headers of the data plane. A preflight carries no key and protects nothing: the real request is checked. The data
 * plane uses no cookies, so credentials are never allowed.
 */

/**
 * The final `*` allows all other headers, as PostgREST does: apps send headers of their own for policies to read, or for
 * tracing. Browsers accept it where no credentials are allowed, except for `authorization`. Older browsers read it as a name,
 * so the list names the usual headers too (https://fetch.spec.whatwg.org/#http-access-control-allow-headers).
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
  'x-region',
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
  'x-relay-error',
  'x-request-id',
].join(', ')

export const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** The most that Chromium accepts. Firefox would accept a day. */
const MAX_AGE_SECONDS = 7200

type Header = [string, string]

export function isPreflight(request: { method: string; headers: { has(name: string): boolean } }): boolean {
  const { method, headers } = request
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method')
}

/** `allowedOrigin` is the origin to allow, or null for none. Headers and methods that the browser asks for are not reflected. */
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

/** For every reply that is not to a preflight, errors included: without them a browser hides the reply from its page. */
export function corsHeaders(allowedOrigin: string | null): Header[] {
  if (allowedOrigin === null) return []
  return [
    ['access-control-allow-origin', allowedOrigin],
    ['access-control-expose-headers', EXPOSE_HEADERS],
  ]
}
