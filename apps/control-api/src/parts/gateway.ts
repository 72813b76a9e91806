/** What the control API tells the gateway. */
import { INTERNAL_PATHS, type Invalidation } from '@db9/types/internal'
import { callPart, type PartAddress, PartUnavailable } from './call-part.ts'

/** Reads the last refused requests of a database; null while no gateway runs. Throws `PartUnavailable`. */
export type ReadRefused = (databaseId: string) => Promise<unknown>

export function refusedReader(address: PartAddress): ReadRefused {
  const call = callPart(address)
  return async (databaseId) => {
    const reply = await call(INTERNAL_PATHS.refused(databaseId), {}).catch((cause: unknown) => {
      throw new PartUnavailable('the gateway', { cause })
    })
    if (!reply) return null
    if (reply.status !== 200) {
      await reply.body?.cancel()
      throw new PartUnavailable('the gateway', { cause: new Error(`it answered ${reply.status}`) })
    }
    return reply.json()
  }
}

/** Sends an invalidation. Before the gateway runs, it holds nothing that could be out of date. */
export function invalidationPush(address: PartAddress): (invalidation: Invalidation) => Promise<void> {
  const call = callPart(address)
  return async (invalidation) => {
    const reply = await call(INTERNAL_PATHS.invalidate, invalidation).catch((cause: unknown) => {
      throw new PartUnavailable('the gateway', { cause })
    })
    await reply?.body?.cancel()
    if (reply && reply.status !== 204) {
      throw new PartUnavailable('the gateway', { cause: new Error(`it answered ${reply.status}`) })
    }
  }
}
