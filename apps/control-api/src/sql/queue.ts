/** Bounds how many statements run at once, in each database and of each account. */
import { ApiError } from '../errors.ts'

/** The database and the account of a statement. */
export interface QueuedStatement {
  databaseId: string
  account: string
}

export interface SqlQueue {
  /**
   * Runs the work when its database and its account have a place; other work waits in order. 429 where too much waits
   * already. Once `signal` is aborted, waiting work leaves the queue and does not run.
   */
  run<T>(statement: QueuedStatement, signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

/** Runs work when its key has a place; 503 once `signal` is aborted before that. */
export type Places = <T>(key: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>

export interface QueueLimits {
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

export function createSqlQueue(limits: QueueLimits): SqlQueue {
  const ofDatabase = places(limits.concurrency, limits.queue, 'for this database')
  const ofAccount = places(limits.accountConcurrency, limits.accountQueue, 'for this account')
  return {
    run: ({ databaseId, account }, signal, work) =>
      // In this order: a statement that waits for its database takes no place of the account.
      ofDatabase(databaseId, signal, () => ofAccount(account, signal, work)),
  }
}

/** Places of each key, and the queue of work that waits for one, in order. */
export function places(most: number, mostWaiting: number, of: string): Places {
  const queues = new Map<string, Queue>()

  const enter = async (queue: Queue, signal: AbortSignal): Promise<void> => {
    if (queue.running < most) {
      queue.running += 1
      return
    }
    if (queue.waiting.length >= mostWaiting) {
      throw new ApiError('rate_limited', `too many statements wait ${of}`, { retryAfter: 1 })
    }
    // A statement that ends hands its place on, so `running` stays as it is.
    await new Promise<void>((resolve, reject) => {
      const enterNow = () => {
        signal.removeEventListener('abort', leaveNow)
        resolve()
      }
      const leaveNow = () => {
        queue.waiting.splice(queue.waiting.indexOf(enterNow), 1)
        reject(clientGone())
      }
      queue.waiting.push(enterNow)
      signal.addEventListener('abort', leaveNow, { once: true })
    })
  }

  const leave = (key: string, queue: Queue): void => {
    const next = queue.waiting.shift()
    if (next) next()
    else queue.running -= 1
    if (queue.running === 0) queues.delete(key)
  }

  return async <T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    // Before there is a queue: a queue in which nothing has run is never removed.
    if (signal.aborted) throw clientGone()
    const queue = queues.get(key) ?? { running: 0, waiting: [] }
    queues.set(key, queue)
    await enter(queue, signal)
    try {
      // The client may have left between its turn and this.
      if (signal.aborted) throw clientGone()
      return await work()
    } finally {
      leave(key, queue)
    }
  }
}

function clientGone(): ApiError {
  return new ApiError('unavailable', 'the client went away')
}
