/** What becomes of requests that fail: by address, they are counted and then refused. */
import type { QueryError } from '@db9/query'
import { sha256Hex } from '@db9/types/crypto'
import { refusals } from './refusals.ts'
import { networkFor, type Source } from './source.ts'

/** The refusal of a request that nobody in particular has sent, or 429 in its place where its address is over. */
export function countFailure(refusal: QueryError, source: Source): QueryError {
  if (refusal.status < 400 || refusal.status >= 500 || refusal.status === 429) return refusal
  return countOneFailure(source) ? refusals.tooManyFailures() : refusal
}

/** Counts a failure of the request's address; true where that was over already. */
export function countOneFailure(source: Source): boolean {
  return source.isolate.failures.count(networkFor(source), Date.now())
}

/** Whether the request's address is over. Costs nothing while none is. */
export function isOver(source: Source): boolean {
  const { failures } = source.isolate
  const now = Date.now()
  return failures.isBusy(now) && failures.isOver(networkFor(source), now)
}

const FAILED: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 408, 413, 431])

/**
 * The same for what the control API answers. It alone knows its tokens, so one that it has taken before passes by a
 * digest that is remembered here; the rest of /customer is not asked for while the address is over.
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
  // Whoever has a token may ask for what is not there.
  if (!FAILED.has(status) || (isKnown && status !== 401)) return response
  if (!countOneFailure(source)) return response
  await response.body?.cancel()
  return tooManyFailures()
}

function tooManyFailures(): Response {
  const { message, headers } = refusals.tooManyFailures()
  return Response.json({ message }, { status: 429, headers: headers.map(([name, value]) => [name, value]) })
}
