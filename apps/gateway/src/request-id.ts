/** Ids for requests: nothing secret, so the random bytes of many are drawn at once. */
import { newId, type RandomBytes, randomBytes } from '@db9/types/ids'

const POOL_BYTES = 2_000

let pool: Uint8Array = new Uint8Array(0)
let used = 0

const pooledBytes: RandomBytes = (length) => {
  if (used + length > pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  used += length
  return pool.subarray(used - length, used)
}

export function newRequestId(now: number = Date.now()): string {
  return newId('request', now, pooledBytes)
}
