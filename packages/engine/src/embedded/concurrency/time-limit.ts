/** Bounds how long a caller waits for work that goes on. */

/** The work's result; throws `failure()` once the time is up. The work goes on. */
export async function withinTime<T>(limitMs: number, work: Promise<T>, failure: () => Error): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => limit.reject(failure()), limitMs)
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}
