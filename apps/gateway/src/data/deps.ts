/** What a data request needs of the isolate, bound to the request that it is needed for. */
import type { JwtDeps } from '../auth/jwt.ts'
import type { AdmissionDeps } from '../limiter/admission.ts'
import { logError } from '../log.ts'
import type { CatalogDeps } from './catalog.ts'
import type { Executor } from './execute.ts'
import type { PreflightDeps } from './preflight.ts'
import type { Incoming } from './serve.ts'

export interface DataDeps {
  admission: AdmissionDeps
  jwt: JwtDeps
  catalog: CatalogDeps
  preflight: PreflightDeps
  executor: Executor
}

export function dataDeps({ isolate, ctx, requestId }: Incoming): DataDeps {
  const { config, executor } = isolate
  const now = Date.now
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work)
  const databaseObject = (databaseId: string) => config.database.get(config.database.idFromName(databaseId))
  return {
    executor,
    admission: {
      entries: isolate.keys,
      callObject: (keyId, call, version) =>
        config.keyLimiter.get(config.keyLimiter.idFromName(keyId)).lease(keyId, call, version),
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
    catalog: { entries: isolate.catalogs, executor, now, waitUntil },
    preflight: {
      entries: isolate.origins,
      read: async (databaseId) => databaseObject(databaseId).origins(databaseId),
      now,
      waitUntil,
    },
  }
}
