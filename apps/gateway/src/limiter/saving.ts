/** When a key's object writes its bucket down, so that its end forgets little. Pure; the object does the writing. */
import type { RateLimit } from '@db9/types/internal'
import { type Bucket, type Grant, type LeaseCall, type SavedBucket, saveBucket } from './bucket.ts'

export interface Saving {
  /** What was written last. */
  saved: SavedBucket | null
  /** Tokens granted since. */
  unsaved: number
}

const SAVE_EVERY_MS = 1_000
/** Part of `burst` that the end of the object may forget. */
const UNSAVED_SHARE = 1 / 20

export function newSaving(): Saving {
  return { saved: null, unsaved: 0 }
}

/** The state after a call, and whether its `saved` is to be written. Seldom used buckets are full again before their end. */
export function nextSave(
  { saved, unsaved }: Saving,
  bucket: Bucket,
  { limit, call, granted }: { limit: RateLimit; call: LeaseCall; granted: Grant },
  now: number,
): { saving: Saving; isDue: boolean } {
  const more = unsaved + (granted.needId === null ? 0 : call.need) + (granted.lease?.tokens ?? 0)
  const isUsed = bucket.tokens < limit.burst * (1 - UNSAVED_SHARE)
  const isDue =
    isUsed && (now - (saved?.at ?? 0) >= SAVE_EVERY_MS || more >= Math.max(1, limit.burst * UNSAVED_SHARE))
  return isDue
    ? { saving: { saved: saveBucket(bucket), unsaved: 0 }, isDue }
    : { saving: { saved, unsaved: more }, isDue }
}
