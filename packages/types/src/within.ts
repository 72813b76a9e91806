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
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<Late>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(onLate())
      } catch (error) {
        reject(error)
      }
    }, limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
