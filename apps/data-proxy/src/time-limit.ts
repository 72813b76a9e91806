/** The work's result, or the rejection with `toError()` where it takes longer than `limitMs`. The work itself goes on. */
export async function within<T>(limitMs: number, work: Promise<T>, toError: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(toError()), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
