/** Answers preflights by the union of the database's origins. Until an isolate has read it, any origin is allowed. */
import type { DatabaseOrigins } from '@db9/types/internal'
import type { RequestHeaders } from '../fast/request-headers.ts'
import { preflightHeaders } from '../http/cors.ts'
import type { KnownOrigins } from './known-origins.ts'
import { matchesAny, parseOrigin } from './origin.ts'

export interface PreflightDeps {
  known: KnownOrigins
  /** Asks the control API. Null where there is no such database. Makes no object, since the id may be made up. */
  read(databaseId: string): Promise<DatabaseOrigins | null>
  /** Asks the object of a database that is known to exist. */
  readFromObject(databaseId: string): Promise<DatabaseOrigins | null>
  /** Whether too many requests of the client's address have failed. */
  isOver(): boolean
  /** Counts a failure of that address. True where it already had too many. */
  countFailure(): boolean
  now(): number
  waitUntil(work: Promise<unknown>): void
}

const MAX_AGE_MS = 60_000
const REFUSED_MAX_AGE_MS = 1_000

/** Null where there is no such database, and too many requests of the client's address have failed. */
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

/** Reads nothing for an address with too many failures. The preflight is allowed all the same: the real request is checked. */
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
  // A refused origin may have been added since, so it is read again sooner.
  if (!known.takeRefresh(databaseId, isAllowed ? MAX_AGE_MS : REFUSED_MAX_AGE_MS, deps.now())) return
  const refresh = async () => known.note(databaseId, await deps.readFromObject(databaseId), deps.now())
  deps.waitUntil(refresh().catch(() => undefined))
}
