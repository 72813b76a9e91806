/** Waits for work, no longer than a time limit. */

/**
 * The result of `work`, or that of `onLate` where `work` takes longer than `limitMs`. `onLate` may throw; `work` itself goes
 * on. The timer belongs to the request that calls this, so no other request has to end it.
 */
export async function within<T, Late>(
  limitMs: number,
  work: Promise<T>,
  onLate: () => Late,
): Promise<T | Late> {
  const late = Promise.withResolvers<Late>()
  const timer = setTimeout(() => {
    try {
      late.resolve(onLate())
    } catch (error) {
      late.reject(error)
    }
  }, limitMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
