/** What the control API and its engine ask of the data proxy. */
import type { Release } from '@db9/engine'
import {
  type ForgetReply,
  type ForgetRequest,
  INTERNAL_PATHS,
  type ReleaseReply,
  type ReleaseRequest,
} from '@db9/types/internal'
import type { ProxyChange, RevokedCredential } from '../config.ts'
import { callPart, type PartAddress, PartUnavailable } from './call-part.ts'

export interface DataProxyCalls {
  /**
   * Asked before a database sleeps. A proxy that cannot be reached, or does not run yet, holds nothing that a stop could
   * break.
   */
  release: Release
  /** Ends logins. Rejects with `PartUnavailable` where a proxy did not say that it has forgotten them. */
  notify(change: ProxyChange): Promise<void>
  /** Ends what a connect key or token has opened, and gives the pids of the backends. Rejects as `notify` does. */
  endCredential(credential: RevokedCredential): Promise<number[]>
}

export function dataProxyCalls(address: PartAddress): DataProxyCalls {
  const call = callPart(address)
  const forget = async (databaseId: string, asked: ForgetRequest): Promise<ForgetReply> => {
    const reply = await call(INTERNAL_PATHS.forget(databaseId), asked).catch((cause: unknown) => {
      throw new PartUnavailable('the data proxy', { cause })
    })
    if (reply?.status === 200) return (await reply.json()) as ForgetReply
    await reply?.body?.cancel()
    if (!reply) return { backends: [] }
    throw new PartUnavailable('the data proxy', { cause: new Error(`it answered ${reply.status}`) })
  }
  return {
    release: async (databaseId, _, { forPlace, listenIdleMs }) => {
      const asked: ReleaseRequest = {
        for_place: forPlace,
        ...(listenIdleMs !== undefined && { listen_idle_ms: listenIdleMs }),
      }
      const reply = await call(INTERNAL_PATHS.release(databaseId), asked).catch(() => null)
      return reply?.status === 200 ? ((await reply.json()) as ReleaseReply).released : true
    },
    notify: async ({ databaseId, what }) => {
      await forget(databaseId, { what })
    },
    endCredential: async ({ databaseId, id }) =>
      (await forget(databaseId, { what: 'credential', credential_id: id })).backends,
  }
}
