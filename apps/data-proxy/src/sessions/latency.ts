/** How long statements take, by their text: whether others may be sent behind one before it is answered. */
import { BoundedMap } from '@db9/types/limits'
import { MAX_TEXT } from './statement-cache.ts'

const MAX_KNOWN = 1_000
/** Times that a statement is to be seen before it is known. */
const LEAST_SEEN = 3
/** Most times are within this (ms): as long as the statement before it takes, the one behind would not be sooner elsewhere. */
const SHORT_MS = 1
/** And the mean within this, so that a statement that now and then takes long does not delay those behind it. */
const MEAN_MS = 5
/** A time counts as no more, so that one does not outweigh the next thousand. */
const LONGEST_MS = 1_000
/** Part that the last time has in mean and share. */
const WEIGHT = 0.1

interface Latency {
  seen: number
  meanMs: number
  shareOfShort: number
}

export class LatencyStats {
  /** The one known longest goes; where it is still in use it is soon known again. */
  readonly #known = new BoundedMap<Latency>(MAX_KNOWN)

  isQuick(text: string): boolean {
    const latency = this.#known.get(text)
    if (!latency || latency.seen < LEAST_SEEN) return false
    return latency.meanMs < MEAN_MS && latency.shareOfShort > 0.5
  }

  /** The statement of this text took so long. One that is not kept prepared is not kept here either. */
  note(text: string, ms: number): void {
    if (text.length > MAX_TEXT) return
    const counted = Math.min(ms, LONGEST_MS)
    const isShort = ms < SHORT_MS ? 1 : 0
    const latency = this.#known.get(text)
    if (latency) {
      latency.seen++
      latency.meanMs += (counted - latency.meanMs) * WEIGHT
      latency.shareOfShort += (isShort - latency.shareOfShort) * WEIGHT
      return
    }
    this.#known.set(text, { seen: 1, meanMs: counted, shareOfShort: isShort })
  }
}
