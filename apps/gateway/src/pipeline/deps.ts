/** What the pipeline needs of the isolate, bound to the request that needs it. */
import type { JwtDeps } from '../auth/jwt.ts'
import type { Config } from '../config.ts'
import type { LeaseCall } from '../keys/bucket.ts'
import type { AdmissionDeps, KeyObjectReply } from '../keys/object-client.ts'
import { logError } from '../log.ts'
import type { DataRequest } from './incoming.ts'

export interface PipelineDeps {
  admission: AdmissionDeps
  jwt: JwtDeps
}

export function pipelineDeps(dataRequest: DataRequest): PipelineDeps {
  const { isolate, ctx, requestId } = dataRequest
  const { config } = isolate
  const now = Date.now
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work)
  const databaseObject = (databaseId: string) => config.database.get(config.database.idFromName(databaseId))
  return {
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
  }
}

/** Calls again, on a new stub, where the object was only moved or replaced. An overloaded object is not called again. */
async function callKeyObject(
  { keyLimiter }: Config,
  keyId: string,
  call: LeaseCall,
  version: number | null,
): Promise<KeyObjectReply> {
  const lease = (request: LeaseCall) =>
    keyLimiter.get(keyLimiter.idFromName(keyId)).lease(keyId, request, version)
  try {
    return await lease(call)
  } catch (error) {
    const { retryable = false, overloaded = false } = error as { retryable?: boolean; overloaded?: boolean }
    if (!retryable || overloaded) throw error
    // The report of the first call may have arrived; a second one would return its tokens twice.
    return lease({ ...call, closed: [], uses: [] })
  }
}
