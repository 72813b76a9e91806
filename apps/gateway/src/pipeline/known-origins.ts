/**
 * The origins of databases that one isolate knows. A database id carries no MAC, so a stranger can make one up: ids without
 * a database are remembered apart from the others, and first reads of ids are bounded.
 */
import type { DatabaseOrigins } from '@db9/types/internal'
import { Lru } from '../lru.ts'

/** `origins` is null where any origin is allowed. `absent`: there is no such database. `unread`: not asked for yet. */
export type Knowledge =
  | { kind: 'known'; origins: DatabaseOrigins['origins'] }
  | { kind: 'absent' }
  | { kind: 'unread' }

interface Entry {
  origins: DatabaseOrigins['origins']
  readAt: number
  askedAt: number
}

const ABSENT_MS = 10_000
const ASK_AGAIN_MS = 1_000
/** How many first reads, of ids that may be made up, may be pending at once. */
const MAX_READING = 32
/** A read that is pending for longer (ms) was dropped with its request. */
const READING_MS = 10_000

/** All times are in milliseconds since the epoch. */
export class KnownOrigins {
  readonly #known = new Lru<Entry>(1_000)
  readonly #absentUntil = new Lru<number>(5_000)
  readonly #readingSince = new Map<string, number>()

  find(databaseId: string, now: number): Knowledge {
    const entry = this.#known.get(databaseId)
    if (entry) return { kind: 'known', origins: entry.origins }
    return now < (this.#absentUntil.get(databaseId) ?? 0) ? { kind: 'absent' } : { kind: 'unread' }
  }

  /** Whether to read a known database again, because it was read more than `maxAgeMs` ago. True for one request. */
  takeRefresh(databaseId: string, maxAgeMs: number, now: number): boolean {
    const entry = this.#known.get(databaseId)
    if (!entry || now - entry.readAt <= maxAgeMs || now - entry.askedAt <= ASK_AGAIN_MS) return false
    entry.askedAt = now
    return true
  }

  /** Whether to read an unread database now. True for one request, which then calls `endRead` in any case. */
  takeRead(databaseId: string, now: number): boolean {
    for (const [id, since] of this.#readingSince) if (now - since > READING_MS) this.#readingSince.delete(id)
    if (this.#readingSince.has(databaseId) || this.#readingSince.size >= MAX_READING) return false
    this.#readingSince.set(databaseId, now)
    return true
  }

  endRead(databaseId: string): void {
    this.#readingSince.delete(databaseId)
  }

  /** Keeps what was read; null: there is no such database. */
  note(databaseId: string, read: DatabaseOrigins | null, now: number): void {
    this.forget(databaseId)
    if (read) this.#known.set(databaseId, { origins: read.origins, readAt: now, askedAt: now })
    else this.#absentUntil.set(databaseId, now + ABSENT_MS)
  }

  /** Forgets a database whose keys have changed. */
  forget(databaseId: string): void {
    this.#known.delete(databaseId)
    this.#absentUntil.delete(databaseId)
  }
}
