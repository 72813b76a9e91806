/** How much of the disk databases take: measured at most now and then, since it looks at every file. */
import type { DatabaseEngine } from '@db9/engine'
import { BoundedMap } from '@db9/types/limits'

const GOOD_FOR_MS = 10_000
const MOST_DATABASES = 10_000

export class StorageSizes {
  readonly #engine: Pick<DatabaseEngine, 'storageBytes'>
  readonly #clock: () => number
  readonly #sizes = new BoundedMap<{ at: number; bytes: Promise<number | null> }>(MOST_DATABASES)

  constructor(engine: Pick<DatabaseEngine, 'storageBytes'>, clock: () => number) {
    this.#engine = engine
    this.#clock = clock
  }

  /** Bytes; null where they cannot be told. Those who ask at once share one look. */
  of(databaseId: string): Promise<number | null> {
    const now = this.#clock()
    const known = this.#sizes.get(databaseId)
    if (known && now - known.at < GOOD_FOR_MS) return known.bytes
    const bytes = this.#engine.storageBytes(databaseId).catch(() => null)
    this.#sizes.set(databaseId, { at: now, bytes })
    return bytes
  }
}
