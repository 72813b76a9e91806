/** Readings of the last minute, of each database that somebody looked at. */
import { BoundedMap } from '@db9/types/limits'
import type { Reading } from './counters.ts'

export const WINDOW_MS = 60_000
/** Two readings closer than this say little. */
export const LEAST_MS = 1_000
/** A reader that asks often would otherwise fill the memory. */
const MOST_READINGS = 60
const MOST_DATABASES = 10_000

/** Forgets what is older than the window, and the databases that were not looked at for longest. */
export class Readings {
  readonly #readings = new BoundedMap<readonly Reading[]>(MOST_DATABASES)

  /** The oldest reading of this run of the server that a window until `now` may begin at. */
  begin(databaseId: string, epoch: string, now: number): Reading | undefined {
    return this.#within(databaseId, now).find((each) => each.epoch === epoch && now - each.at >= LEAST_MS)
  }

  add(databaseId: string, reading: Reading): void {
    const kept = this.#within(databaseId, reading.at)
    const last = kept.at(-1)
    if (last?.epoch === reading.epoch && reading.at - last.at < LEAST_MS) return
    this.#readings.set(databaseId, [...kept, reading].slice(-MOST_READINGS))
  }

  #within(databaseId: string, now: number): readonly Reading[] {
    return (this.#readings.get(databaseId) ?? []).filter(({ at }) => now - at <= WINDOW_MS)
  }
}
