import type { StorageState } from '@db9/types/internal'

export interface Usage {
  /** Bytes of the data and its write-ahead log. */
  usedBytes: number
  /** Null: no quota. */
  quotaBytes: number | null
  /** What the volume has left, and from where on that is little. */
  freeBytes: number
  lowBytes: number
}

/** What a database may still do with its disk. */
export function storageState({ usedBytes, quotaBytes, freeBytes, lowBytes }: Usage): StorageState {
  if (freeBytes < lowBytes) return 'admin_only'
  if (quotaBytes === null || usedBytes <= quotaBytes) return 'ok'
  // A tenth over it: in whole numbers, for 1.1 is none in binary.
  return usedBytes * 10 >= quotaBytes * 11 ? 'admin_only' : 'read_only'
}
