/** What a data request needs of the isolate, bound to the request that it is needed for. */
import { type DatabaseOrigins, INTERNAL_PATHS } from '@db9/types/internal'
import type { JwtDeps } from '../auth/jwt.ts'
import type { Config } from '../env.ts'
import { countOneFailure, isOver } from '../failed.ts'
import type { AdmissionDeps, LimiterReply } from '../limiter/admission.ts'
import type { LeaseCall } from '../limiter/bucket.ts'
import { logError } from '../log.ts'
import { askInternal } from '../upstream.ts'
import type { CatalogDeps } from './catalog.ts'
import type { Executor } from './execute.ts'
import type { Incoming } from './incoming.ts'
import type { LargeBodies } from './large-bodies.ts'
import type { PreflightDeps } from './preflight.ts'

export interface DataDeps {
  admission: AdmissionDeps
  jwt: JwtDeps
  catalog: CatalogDeps
  preflight: PreflightDeps
  executor: Executor
  largeBodies: LargeBodies
  requestId: string
  waitUntil(work: Promise<unknown>): void
}

export function dataDeps({ request, isolate, ctx, requestId }: Incoming): DataDeps {
  const { config, executor } = isolate
  const now = Date.now
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work)
  const databaseObject = (databaseId: string) => config.database.get(config.database.idFromName(databaseId))
  return {
    executor,
    largeBodies: isolate.largeBodies,
    requestId,
    waitUntil,
    admission: {
      entries: isolate.keys,
      callObject: (keyId, call, version) => callKeyObject(config, keyId, call, version),
      now,
      random: Math.random,
      waitUntil,
      onFailure: (error) => logError(error, { request_id: requestId, route: 'limiter' }),
    },
    jwt: {
      verified: isolate.verified,
      keySets: {
        cache: isolate.keySets,
        ask: async (databaseId, url, kid) => databaseObject(databaseId).jwks(url, kid),
      },
    },
    catalog: { entries: isolate.catalogs, executor, requestId, now, waitUntil },
    preflight: {
      known: isolate.origins,
      read: (databaseId) => readOrigins(databaseId, config),
      readFromObject: async (databaseId) => databaseObject(databaseId).origins(databaseId),
      isOver: () => isOver({ request, headers: request.headers, isolate }),
      countFailure: () => countOneFailure({ request, headers: request.headers, isolate }),
      now,
      waitUntil,
    },
  }
}

/** Asked once more, on a new stub, where the object was only being moved or replaced; an overloaded one never is. */
async function callKeyObject(
  { keyLimiter }: Config,
  keyId: string,
  call: LeaseCall,
  version: number | null,
): Promise<LimiterReply> {
  const lease = (request: LeaseCall) =>
    keyLimiter.get(keyLimiter.idFromName(keyId)).lease(keyId, request, version)
  try {
    return await lease(call)
  } catch (error) {
    const { retryable = false, overloaded = false } = error as { retryable?: boolean; overloaded?: boolean }
    if (!retryable || overloaded) throw error
    // What the first call reported may have arrived; told twice, it would be given back twice.
    return lease({ ...call, closed: [], uses: [] })
  }
}

function readOrigins(
  databaseId: string,
  { control, internalSecret }: Config,
): Promise<DatabaseOrigins | null> {
  return askInternal<DatabaseOrigins>(control, INTERNAL_PATHS.origins(databaseId), internalSecret)
}
