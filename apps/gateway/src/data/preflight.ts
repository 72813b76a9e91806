/** Preflights: a warm isolate answers from the union of the database's origins, a cold one lets in and looks it up. */
import type { DatabaseOrigins } from '@db9/types/internal'
import { matchesAny, parseOrigin } from '../auth/origin.ts'
import { preflightHeaders } from '../cors.ts'
import type { RequestHeaders } from '../request-headers.ts'
import type { KnownOrigins } from './known-origins.ts'

export interface PreflightDeps {
  known: KnownOrigins
  /** Asks the control API: null where there is no such database. Nothing is made for an id that may be made up. */
  read(databaseId: string): Promise<DatabaseOrigins | null>
  /** Asks the object of a database that exists. */
  readFromObject(databaseId: string): Promise<DatabaseOrigins | null>
  /** Whether too many requests of the caller's address have failed. */
  isOver(): boolean
  /** Counts a failure of that address; true where it was over already. */
  countFailure(): boolean
  now(): number
  waitUntil(work: Promise<unknown>): void
}

const MAX_AGE_MS = 60_000
const REFUSED_MAX_AGE_MS = 1_000

/** Null where too many requests of the caller's address have failed: there is no such database, and this was one more. */
export function answerPreflight(
  headers: Pick<RequestHeaders, 'get'>,
  databaseId: string,
  deps: PreflightDeps,
): Response | null {
  const origin = parseOrigin(headers.get('origin'))
  const found = deps.known.find(databaseId, deps.now())
  if (found.kind === 'absent') return deps.countFailure() ? null : toResponse(null)
  if (found.kind === 'unread') readOnce(databaseId, deps)
  const isAllowed =
    origin.kind === 'origin' &&
    (found.kind === 'unread' || found.origins === null || matchesAny(origin.value, found.origins))
  if (found.kind === 'known') refreshInTime(databaseId, isAllowed, deps)
  return toResponse(isAllowed ? origin.value : null)
}

function toResponse(allowedOrigin: string | null): Response {
  return new Response(null, { status: 204, headers: preflightHeaders(allowedOrigin) })
}

/** An address that is over has nothing read for it; it is let in all the same, since the real request is checked. */
function readOnce(databaseId: string, deps: PreflightDeps): void {
  const { known } = deps
  if (deps.isOver() || !known.takeRead(databaseId, deps.now())) return
  const read = async () => {
    try {
      const union = await deps.read(databaseId)
      known.note(databaseId, union, deps.now())
      if (union === null) deps.countFailure()
    } finally {
      known.endRead(databaseId)
    }
  }
  deps.waitUntil(read().catch(() => undefined))
}

function refreshInTime(databaseId: string, isAllowed: boolean, deps: PreflightDeps): void {
  const { known } = deps
  // An origin that is refused may have been added since, at another isolate.
  if (!known.takeRefresh(databaseId, isAllowed ? MAX_AGE_MS : REFUSED_MAX_AGE_MS, deps.now())) return
  const refresh = async () => known.note(databaseId, await deps.readFromObject(databaseId), deps.now())
  deps.waitUntil(refresh().catch(() => undefined))
}
