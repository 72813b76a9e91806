import { ApiError } from '../errors.ts'

/** Bounds how many statements run at once in each database; the rest wait in order. */
export interface SqlGate {
  /** Runs the work when there is a place. 429 where too many wait already; nothing runs once `signal` is aborted. */
  run<T>(databaseId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

interface Lane {
  running: number
  waiting: (() => void)[]
}

export function createSqlGate({ concurrency, queue }: { concurrency: number; queue: number }): SqlGate {
  const lanes = new Map<string, Lane>()

  const enter = async (lane: Lane): Promise<void> => {
    if (lane.running < concurrency) {
      lane.running += 1
      return
    }
    if (lane.waiting.length >= queue) {
      throw new ApiError('rate_limited', 'too many statements wait for this database', { retryAfter: 1 })
    }
    // Whoever leaves hands its place on, so `running` stays as it is.
    await new Promise<void>((resolve) => lane.waiting.push(resolve))
  }

  const leave = (databaseId: string, lane: Lane): void => {
    const next = lane.waiting.shift()
    if (next) next()
    else lane.running -= 1
    if (lane.running === 0) lanes.delete(databaseId)
  }

  return {
    async run(databaseId, signal, work) {
      const lane = lanes.get(databaseId) ?? { running: 0, waiting: [] }
      lanes.set(databaseId, lane)
      await enter(lane)
      try {
        if (signal.aborted) throw new ApiError('unavailable', 'the client went away')
        return await work()
      } finally {
        leave(databaseId, lane)
      }
    },
  }
}
