/** Nonces of signed calls, each of which counts once. */

/** A signature is good for 60 s either way, so its nonce need not be remembered for longer than this. */
const NONCE_MS = 125_000

export interface NonceStore {
  /** False where the nonce was there already. `now` is in milliseconds. */
  add(nonce: string, now: number): boolean
}

export function createNonceStore(): NonceStore {
  // In the order in which they were added, so the oldest are at the front.
  const seen = new Map<string, number>()
  return {
    add(nonce, now) {
      for (const [old, at] of seen) {
        if (now - at <= NONCE_MS) break
        seen.delete(old)
      }
      if (seen.has(nonce)) return false
      seen.set(nonce, now)
      return true
    },
  }
}
