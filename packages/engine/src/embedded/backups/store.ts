/** What a place for backups has to do. */
import type { Readable } from 'node:stream'

/** Where backups lie. Keys are paths of `/`-separated names. */
export interface BackupStore {
  /** Whole and durable once it resolves; what is cut short leaves nothing under the key. Resolves to the bytes written. */
  put(key: string, content: Readable): Promise<number>
  /** Null where there is nothing under the key. */
  get(key: string): Promise<Readable | null>
  /** The keys that begin with `prefix`. */
  list(prefix: string): Promise<string[]>
  /** Nothing happens where there is nothing. */
  remove(key: string): Promise<void>
}
