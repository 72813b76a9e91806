import type { Invalidation } from '@db9/types/internal'
import type { Logger } from 'pino'

export interface Notifier {
  /** Tells the gateway in the background; never throws and never delays the request that changed something. */
  notify(invalidation: Invalidation): void
}

const RETRY_AFTER_MS = [100, 400, 1_600, 5_000]

/**
 * A notice that is lost only costs time: leases carry the version of a key's configuration, and what a gateway holds
 * without one it reads again within a minute.
 */
export function createNotifier(send: (invalidation: Invalidation) => Promise<void>, log: Logger): Notifier {
  const deliver = async (invalidation: Invalidation): Promise<void> => {
    for (const delay of [...RETRY_AFTER_MS, null]) {
      try {
        return await send(invalidation)
      } catch (error) {
        if (delay === null)
          log.warn({ err: error, database_id: invalidation.database_id }, 'gateway not notified')
        else await new Promise<void>((resolve) => setTimeout(resolve, delay).unref())
      }
    }
  }

  return {
    notify(invalidation) {
      void deliver(invalidation)
    },
  }
}
