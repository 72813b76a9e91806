/** Preflights: a warm isolate answers from the union of the database's origins, a cold one lets in and looks it up. */
import type { DatabaseOrigins } from '@db9/types/internal'
import { matchesAny, parseOrigin } from '../auth/origin.ts'
import { preflightHeaders } from '../cors.ts'
import { type Bucket, grant, newBucket, plainCall } from '../limiter/bucket.ts'
import type { Lru } from '../lru.ts'
import type { RequestHeaders } from '../request-headers.ts'

export interface OriginsEntry {
  /** Null: any origin. */
  origins: readonly string[] | null
  readAt: number
}

export interface PreflightDeps {
  entries: Lru<OriginsEntry>
  read(databaseId: string): Promise<DatabaseOrigins | null>
  now(): number
  waitUntil(work: Promise<unknown>): void
}

const MAX_AGE_MS = 60_000
const REFUSED_MAX_AGE_MS = 1_000
/** Ids carry no MAC, so a flood of made-up ones must not become a flood of objects. */
const LOOKUPS = { rps: 5, burst: 20, costs: { write: 1, rpc: 1 } }
let lookups: Bucket | undefined

export function answerPreflight(headers: RequestHeaders, databaseId: string, deps: PreflightDeps): Response {
  const origin = parseOrigin(headers.get('origin'))
  const entry = deps.entries.get(databaseId)
  const isAllowed =
    origin.kind === 'origin' && (!entry || entry.origins === null || matchesAny(origin.value, entry.origins))
  // An origin that is refused may have been added since, at another isolate.
  const maxAgeMs = isAllowed ? MAX_AGE_MS : REFUSED_MAX_AGE_MS
  if (!entry || deps.now() - entry.readAt > maxAgeMs) lookUp(databaseId, deps)
  return new Response(null, { status: 204, headers: preflightHeaders(isAllowed ? origin.value : null) })
}

function lookUp(databaseId: string, deps: PreflightDeps): void {
  const now = deps.now()
  lookups ??= newBucket(LOOKUPS, now)
  if (grant(lookups, LOOKUPS, plainCall(1), now).needId === null) return
  const work = deps.read(databaseId).then((union) => {
    // A database that is not known has no origins; its preflights may then fail, as its requests would.
    deps.entries.set(databaseId, { origins: union ? union.origins : [], readAt: deps.now() })
  })
  deps.waitUntil(work.catch(() => undefined))
}
