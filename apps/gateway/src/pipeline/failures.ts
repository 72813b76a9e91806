/** Counts failed requests by address, and refuses the requests of an address with too many. */
import type { QueryError } from '@db9/query'
import { sha256Hex } from '@db9/types/crypto'
import { refusals } from '../http/refusals.ts'
import { networkFor, type Source } from '../http/source.ts'

/**
 * How long the 429 of an address with too many failures is kept back (ms). A client that sends its next request at once is
 * slowed down by it, and takes less of the thread that all share.
 */
const FLOOD_DELAY_MS = 200

/** Counts a refused request whose caller is not known. Gives its refusal, or 429 where its address has too many. */
export async function countFailure(refusal: QueryError, source: Source): Promise<QueryError> {
  if (refusal.status < 400 || refusal.status >= 500) return refusal
  if (refusal.status !== 429 && !countOneFailure(source)) return refusal
  return refuseFlood()
}

/** The refusal of an address with too many failures, after a while. */
async function refuseFlood(): Promise<QueryError> {
  await new Promise((resolve) => setTimeout(resolve, FLOOD_DELAY_MS))
  return refusals.tooManyFailures()
}

/** Counts a failure of the request's address. True where the address already had too many. */
function countOneFailure(source: Source): boolean {
  return source.isolate.failures.count(networkFor(source), Date.now())
}

/** Whether the request's address has too many failures. Costs nothing while no address has. */
export function isOver(source: Source): boolean {
  const { failures } = source.isolate
  const now = Date.now()
  return failures.isBusy(now) && failures.isOver(networkFor(source), now)
}

const FAILED: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 408, 413, 431])

/**
 * Does the same for replies of the control API. Only the control API knows its tokens, so the digests of tokens that it
 * has accepted are remembered here. Other requests to /customer are not forwarded while their address has too many failures.
 */
export async function limitFailures(
  source: Source,
  pathname: string,
  answer: () => Response | Promise<Response>,
): Promise<Response> {
  const { isolate, headers } = source
  const authorization = headers.get('authorization')
  const digest = authorization === null ? null : await sha256Hex(authorization)
  const isKnown = digest !== null && isolate.knownTokens.get(digest) === true
  const isOfApi = pathname.startsWith('/customer')
  if (!isKnown && isOfApi && isOver(source)) return tooManyFailures()
  const response = await answer()
  const { status } = response
  if (digest !== null && status === 401) isolate.knownTokens.delete(digest)
  if (digest !== null && isOfApi && status < 400) isolate.knownTokens.set(digest, true)
  // A caller with a good token may ask for things that do not exist.
  if (!FAILED.has(status) || (isKnown && status !== 401)) return response
  if (!countOneFailure(source)) return response
  await response.body?.cancel()
  return tooManyFailures()
}

async function tooManyFailures(): Promise<Response> {
  const { message, headers } = await refuseFlood()
  return Response.json({ message }, { status: 429, headers: headers.map(([name, value]) => [name, value]) })
}
