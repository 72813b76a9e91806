/** Calls that this process makes to internal routes of the gateway and of the data proxy. */
import type { Release } from '@db9/engine'
import { internalClient } from '@db9/internal-api/client'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS, type ReleaseReply, type ReleaseRequest } from '@db9/types/internal'
import type { InstallSecrets } from './secrets.ts'

/** Posts JSON to an internal route of the part at `origin`. */
export type Push = (origin: string, path: string, body: string) => Promise<Response>

export function signedPush(internalSecret: string): Push {
  const key = hmacKey(internalSecret)
  return async (origin, path, body) => {
    const call = internalClient({ key: await key, fetch: (target, init) => fetch(origin + target, init) })
    return call({ method: 'POST', path, body })
  }
}

/**
 * What the engine asks before it puts a database to sleep. A proxy that cannot be reached, or does not run yet, holds
 * nothing that a stop could break.
 */
export function releasePush(secrets: InstallSecrets, origin: () => string | undefined): Release {
  const push = signedPush(secrets.internal)
  return async (databaseId, _, { forPlace, listenIdleMs }) => {
    const url = origin()
    if (url === undefined) return true
    const asked: ReleaseRequest = {
      for_place: forPlace,
      ...(listenIdleMs !== undefined && { listen_idle_ms: listenIdleMs }),
    }
    const body = JSON.stringify(asked)
    const reply = await push(url, INTERNAL_PATHS.release(databaseId), body).catch(() => null)
    return reply?.status === 200 ? ((await reply.json()) as ReleaseReply).released : true
  }
}
