/** When the key object stores its bucket, so that a restart forgets few tokens. Pure: the object itself writes. */
import type { RateLimit } from '@db9/types/internal'
import { type Bucket, type Grant, type LeaseCall, type SavedBucket, saveBucket } from './bucket.ts'

export interface BucketStorage {
  /** What was written last. */
  saved: SavedBucket | null
  /** Tokens granted since the last write. */
  unsaved: number
}

const SAVE_EVERY_MS = 1_000
/** The part of `burst` that a restart may forget. */
const UNSAVED_SHARE = 1 / 20

export function newBucketStorage(): BucketStorage {
  return { saved: null, unsaved: 0 }
}

/**
 * The state after a call, and whether its `saved` is to be written now. A bucket that is used seldom is never written: it
 * is full again before its object ends.
 */
export function nextSave(
  { saved, unsaved }: BucketStorage,
  bucket: Bucket,
  { limit, call, granted }: { limit: RateLimit; call: LeaseCall; granted: Grant },
  now: number,
): { storage: BucketStorage; isDue: boolean } {
  const more = unsaved + (granted.needId === null ? 0 : call.need) + (granted.lease?.tokens ?? 0)
  const isUsed = bucket.tokens < limit.burst * (1 - UNSAVED_SHARE)
  const isDue =
    isUsed && (now - (saved?.at ?? 0) >= SAVE_EVERY_MS || more >= Math.max(1, limit.burst * UNSAVED_SHARE))
  return isDue
    ? { storage: { saved: saveBucket(bucket), unsaved: 0 }, isDue }
    : { storage: { saved, unsaved: more }, isDue }
}
