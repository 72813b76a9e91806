/** Bounds how many statements run at once, in each database and of each account. */
import { ApiError } from '../errors.ts'

/** Whose statement it is. */
export interface Standing {
  databaseId: string
  account: string
}

export interface SqlGate {
  /**
   * Runs the work when there is a place in its database and among those of its account; the rest wait in order. 429 where too
   * many wait already; nothing runs once `signal` is aborted.
   */
  run<T>(standing: Standing, signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

/** Runs work when its key has a place. */
export type Places = <T>(key: string, work: () => Promise<T>) => Promise<T>

export interface GateLimits {
  /** Statements that run at once in one database, and those that may wait for a place. */
  concurrency: number
  queue: number
  /** The same of one account, in all of its databases. */
  accountConcurrency: number
  accountQueue: number
}

interface Queue {
  running: number
  waiting: (() => void)[]
}

export function createSqlGate(limits: GateLimits): SqlGate {
  const ofDatabase = places(limits.concurrency, limits.queue, 'for this database')
  const ofAccount = places(limits.accountConcurrency, limits.accountQueue, 'for this account')
  return {
    run: ({ databaseId, account }, signal, work) =>
      // In this order: what waits for its database takes none of the account's places.
      ofDatabase(databaseId, () =>
        ofAccount(account, async () => {
          if (signal.aborted) throw new ApiError('unavailable', 'the client went away')
          return work()
        }),
      ),
  }
}

/** Places that each key has, and those who wait for one in order. */
export function places(most: number, mostWaiting: number, of: string): Places {
  const queues = new Map<string, Queue>()

  const enter = async (queue: Queue): Promise<void> => {
    if (queue.running < most) {
      queue.running += 1
      return
    }
    if (queue.waiting.length >= mostWaiting) {
      throw new ApiError('rate_limited', `too many statements wait ${of}`, { retryAfter: 1 })
    }
    // Whoever leaves hands its place on, so `running` stays as it is.
    await new Promise<void>((resolve) => queue.waiting.push(resolve))
  }

  const leave = (key: string, queue: Queue): void => {
    const next = queue.waiting.shift()
    if (next) next()
    else queue.running -= 1
    if (queue.running === 0) queues.delete(key)
  }

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const queue = queues.get(key) ?? { running: 0, waiting: [] }
    queues.set(key, queue)
    await enter(queue)
    try {
      return await work()
    } finally {
      leave(key, queue)
    }
  }
}
