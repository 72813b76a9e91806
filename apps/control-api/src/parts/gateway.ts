/** What the control API tells the gateway. */
import { INTERNAL_PATHS, type Invalidation } from '@db9/types/internal'
import { callPart, type PartAddress, PartUnavailable } from './call-part.ts'

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
