/** The refusals of the gateway itself, one row per code. The other codes of the data plane are in packages/query. */
import { QueryError } from '@db9/query'
import { stackless } from '../fast/stackless.ts'

type Header = readonly [string, string]

function row(
  code: string,
  status: number,
  message: string,
  more: { details?: string | null; hint?: string | null; headers?: readonly Header[] } = {},
): QueryError {
  const { details = null, hint = null, headers = [] } = more
  return stackless(
    () => new QueryError({ code, status, message, details, hint, headers: headers.map(([k, v]) => [k, v]) }),
  )
}

const retryAfter = (seconds: number): Header => ['Retry-After', String(seconds)]
const challenge = (text: string): readonly Header[] => [['WWW-Authenticate', text]]
/** What `FunctionsRelayError` of supabase-js is made of. */
const RELAY_ERROR: Header = ['x-relay-error', 'true']
const INVALID_TOKEN = 'Bearer error="invalid_token"'

/** One error for all uses of a refusal with fixed words: making an error is the most expensive part of refusing. */
function once(make: () => QueryError): () => QueryError {
  let error: QueryError | undefined
  return () => {
    error ??= make()
    return error
  }
}

const jwtInvalid = (details: string | null) =>
  row('PGRST301', 401, 'The JWT could not be verified', { details, headers: challenge(INVALID_TOKEN) })
const unverified = once(() => jwtInvalid(null))

export const refusals = {
  // DB90xx: the key and the origin
  keyMissing: once(() =>
    row('DB9001', 401, 'No publishable key found in the request', {
      hint: 'Send the key in the header apikey, and a JWT beside it in Authorization.',
      headers: challenge('Bearer'),
    }),
  ),
  /** The same body for every reason, so that it says nothing about the keys of others. */
  keyInvalid: once(() =>
    row('DB9002', 401, 'The key in the header apikey is not valid, has expired or was revoked', {
      hint: 'A key begins with db9pk_, is shown once in full and opens one database until it expires or is revoked.',
      headers: challenge('Bearer'),
    }),
  ),
  /** Only a holder of the whole key learns this. */
  keyOfOtherDatabase: once(() =>
    row('DB9007', 401, 'This key belongs to another database than the one in the URL', {
      hint: 'Take the key and the URL /db/{database_id} of the same database.',
      headers: challenge('Bearer'),
    }),
  ),
  keyOfSupabase: once(() =>
    row(
      'DB9008',
      401,
      'This is a key of Supabase. Send a publishable key of this database, which begins with db9pk_',
      {
        hint: 'Make one with POST /customer/databases/{database_id}/publishable-keys.',
        headers: challenge('Bearer'),
      },
    ),
  ),
  keyInQuery: once(() =>
    row('DB9003', 401, 'A key in the query string is not accepted', {
      hint: 'Send the key in the header apikey: URLs end up in logs and histories.',
      headers: challenge('Bearer'),
    }),
  ),
  keySecret: once(() =>
    row('DB9004', 401, 'This is not a publishable key', {
      hint: 'The data API takes keys that begin with db9pk_ or, from servers, db9sk_. A secret key that reached a browser should be revoked.',
      headers: challenge('Bearer'),
    }),
  ),
  serviceKeyInBrowser: once(() =>
    row('DB9006', 401, 'A service key is not accepted from a browser', {
      hint: 'Use a publishable key in pages, and revoke this service key: whoever saw the page has it.',
      headers: challenge('Bearer'),
    }),
  ),
  twoKeys: once(() => row('DB9005', 400, 'The headers apikey and Authorization carry two different keys')),
  originMalformed: once(() => row('DB9011', 400, 'The header Origin is malformed')),
  originRequired: once(() =>
    row('DB9012', 403, 'This key needs the header Origin', {
      hint: 'Set allow_no_origin on the key to use it outside of browsers.',
    }),
  ),
  originNotAllowed: (origin: string) =>
    row('DB9013', 403, `The origin ${origin} is not on the list of this key`, {
      hint: 'Add it to allowed_origins of the key.',
    }),

  // The user's JWT. The codes and words are PostgREST's, where it has them.
  jwtInvalid: (details: string | null = null) => (details === null ? unverified() : jwtInvalid(details)),
  jwtExpired: once(() =>
    row('PGRST303', 401, 'JWT expired', {
      headers: challenge(`${INVALID_TOKEN}, error_description="JWT expired"`),
    }),
  ),
  jwtClaims: (details: string) =>
    row('PGRST303', 401, 'The claims of the JWT are not accepted', {
      details,
      headers: challenge(INVALID_TOKEN),
    }),
  jwtUnexpected: once(() =>
    row('DB9021', 401, 'This database has no identity provider, so it accepts no JWT', {
      hint: 'Set one with PUT /customer/databases/{database_id}/auth-config.',
      headers: challenge(INVALID_TOKEN),
    }),
  ),

  // DB903x: the limit
  rateLimited: (waitSeconds: number, headers: readonly Header[]) =>
    row('DB9031', 429, 'The rate limit of this key is reached', {
      hint: `Try again in ${waitSeconds} s.`,
      headers: [retryAfter(waitSeconds), ...headers],
    }),
  tooManyFailures: once(() =>
    row('DB9033', 429, 'Too many requests of this address have failed', {
      hint: 'Try again in 1 s with a key and a token that are good.',
      headers: [retryAfter(1)],
    }),
  ),
  limiterUnavailable: once(() =>
    row('DB9032', 503, 'The rate limit of this key cannot be checked now', { headers: [retryAfter(2)] }),
  ),

  // DB904x: the request
  notFound: once(() =>
    row('DB9040', 404, 'There is nothing at this address: the data API is at /db/{database_id}/rest/v1/', {
      hint: 'The id of a database begins with db_.',
    }),
  ),
  /** supabase-js shows the message alone. */
  serviceMissing: (message: string) =>
    row('DB9040', 404, message, { hint: 'The data API is at /db/{database_id}/rest/v1/.' }),
  bodyTooLarge: (bytes: number) =>
    row('DB9102', 413, 'The request body is too large', { details: `At most ${bytes} bytes are accepted.` }),
  /** The cap of the settings applies to the body itself. This is the transport's own, for the batch as JSON. */
  batchTooLarge: once(() =>
    row('DB9102', 413, 'The request body is too large', {
      hint: 'Send fewer rows at once, or shorter values.',
    }),
  ),
  bodyBroken: once(() => row('DB9041', 400, 'The request body did not arrive whole')),
  bodyLate: once(() =>
    row('DB9042', 408, 'The request body did not arrive in time', {
      hint: 'Send it faster, or in smaller parts.',
    }),
  ),
  urlMalformed: once(() => row('DB9043', 400, 'The host or the path of the request is malformed')),
  headersTooLarge: once(() => row('DB9044', 431, 'There are too many request headers')),
  bodyNotUtf8: once(() => row('PGRST102', 400, 'The request body is not UTF-8')),

  // DB906x: functions. The header has supabase-js tell what is the service's fault from what is the function's.
  functionMissing: once(() =>
    row('DB9060', 404, 'There is no function of this name that this key may call', {
      hint: 'Publish it with visibility "public"; a private one is called with a service key alone.',
    }),
  ),
  functionFailed: once(() =>
    row('DB9061', 500, 'The function failed', { hint: 'Its owner reads why in the logs of its run.' }),
  ),
  functionLate: once(() =>
    row('DB9062', 504, 'The function did not answer in its time', { headers: [RELAY_ERROR] }),
  ),
  functionsBusy: once(() =>
    row('DB9063', 429, 'Too many functions of this database run', { headers: [retryAfter(1), RELAY_ERROR] }),
  ),
  functionsUnavailable: once(() =>
    row('DB9064', 503, 'Functions cannot be reached now', { headers: [retryAfter(2), RELAY_ERROR] }),
  ),

  // DB95xx: the parts behind the gateway
  internal: once(() => row('DB9500', 500, 'internal error')),
  databaseNotActive: once(() =>
    row('DB9503', 503, 'The database is not ready yet', { headers: [retryAfter(1)] }),
  ),
  databaseUnavailable: once(() =>
    row('DB9504', 503, 'The database cannot be reached now', { headers: [retryAfter(2)] }),
  ),
  catalogLocked: once(() =>
    row('DB9506', 503, 'The schema of the database cannot be read while a long statement holds a lock', {
      hint: 'Find it by pg_locks and pg_stat_activity in the database; wait until it has ended, or end it.',
      headers: [retryAfter(2)],
    }),
  ),
  databaseBusy: once(() =>
    row('DB9505', 429, 'Too many statements are running in this database', { headers: [retryAfter(1)] }),
  ),
  bodiesTooMany: once(() =>
    row('DB9507', 429, 'Too many large bodies for this database are on their way', {
      hint: 'Send fewer at once, or smaller ones.',
      headers: [retryAfter(1)],
    }),
  ),
  repliesTooMany: once(() =>
    row('DB9508', 429, 'Too many large replies are on their way', {
      hint: 'Read them to their end first, or ask for fewer rows with limit.',
      headers: [retryAfter(1)],
    }),
  ),
  /** The caps of the settings are checked in SQL. This is the transport's own. */
  responseTooLarge: once(() =>
    row('DB9108', 422, 'The reply would be too large', {
      hint: 'Ask for fewer rows with limit, or for fewer columns with select.',
    }),
  ),
} as const
