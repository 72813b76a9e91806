/** Watches servers that have a quota: reads their counters, and has them measured when these could matter. */

import { isAlive } from '@db9/process/processes'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { RunningServer } from '../process/running-server.ts'
import { FASTEST, type Growth, growthBetween, isMeasureDue, lookAfterMs, mostGrowth } from './pace.ts'
import { boundsOf, FREEING_BYTES, type Held } from './state.ts'
import { countedBytes, type Used } from './usage.ts'
import { isSame, serverProcesses, type Written, writtenBy } from './written.ts'

export interface Target {
  id: string
  server: RunningServer
  files: ServerFiles
}

export interface Measured {
  quotaBytes: number
  measured: Used
  /** What the server had written when the measurement began; null: not known. */
  written: Written | null
}

/** A server, between two measurements. */
interface Watch extends Target, Measured {
  measuredAt: number
  /** At the last look, and when that was another than before. */
  last: Written | null
  changedAt: number
  /** Since it was measured, something may have been written that the counters have lost. */
  isUncounted: boolean
  /** What the last measurement took, with what followed from it. */
  tookMs: number
  timer: NodeJS.Timeout | undefined
  isOver: boolean
}

export interface WatchesOptions {
  /** Measures a server and tells `found` of it. */
  check(target: Target): Promise<void>
  heldOf(id: string): Held | undefined
}

const QUIET_MS = 2_000

export class Watches {
  readonly #options: WatchesOptions
  readonly #watches = new Map<string, Watch>()

  constructor(options: WatchesOptions) {
    this.#options = options
  }

  /** From now on it is watched, if it was not. */
  found(target: Target, measured: Measured): void {
    const found = { ...measured, measuredAt: Date.now(), isUncounted: false }
    const known = this.#watches.get(target.id)
    if (known && known.server.epoch === target.server.epoch) {
      Object.assign(known, found)
      return
    }
    this.leave(target.id)
    const times = { changedAt: Date.now(), tookMs: 0, timer: undefined, isOver: false }
    const watch: Watch = { ...target, ...found, ...times, last: measured.written }
    this.#watches.set(target.id, watch)
    this.#schedule(watch)
  }

  /** What counted of it when it was measured last; null where it is not watched. */
  countedBytes(id: string): number | null {
    const watch = this.#watches.get(id)
    return watch ? countedBytes(watch.measured, watch.quotaBytes) : null
  }

  /** What it takes by the last measurement and all that was written since; null where that is not known. */
  lastUsed(id: string): Used | null {
    const watch = this.#watches.get(id)
    if (!watch) return null
    const growth = growthOf(watch)
    if (growth.kind !== 'counted') return null
    return { ...watch.measured, bytes: watch.measured.bytes + growth.bytes }
  }

  /** Whether what it has written since may have taken it far beyond its bound. */
  mayBeBeyond(id: string, now: Written): boolean {
    const watch = this.#watches.get(id)
    if (!watch?.written) return false
    const bytes = countedBytes(watch.measured, watch.quotaBytes)
    const most = Math.max(boundsOf(watch.quotaBytes).most, bytes) + FREEING_BYTES
    const growth = watch.isUncounted ? FASTEST : growthBetween(watch.written, now)
    return bytes + mostGrowth(growth, Date.now() - watch.measuredAt) > most
  }

  leave(id: string): void {
    const watch = this.#watches.get(id)
    this.#watches.delete(id)
    if (!watch) return
    watch.isOver = true
    clearTimeout(watch.timer)
  }

  close(): void {
    for (const id of [...this.#watches.keys()]) this.leave(id)
  }

  #schedule(watch: Watch): void {
    const isQuiet = Date.now() - watch.changedAt > QUIET_MS
    const growth = growthOf(watch)
    const left = this.#headroomOf(watch) - (growth.kind === 'counted' ? growth.bytes : 0)
    const { size: count } = this.#watches
    const waitMs = lookAfterMs(Math.max(left, 0), { isQuiet, count, tookMs: watch.tookMs })
    watch.timer = setTimeout(() => void this.#tick(watch), waitMs).unref()
  }

  async #tick(watch: Watch): Promise<void> {
    if (watch.isOver || !isAlive(watch.server)) return
    const begunAt = performance.now()
    try {
      if (this.#isDue(watch)) await this.#options.check(watch)
    } catch {
      // It cannot be asked now.
    }
    watch.tookMs = performance.now() - begunAt
    if (!watch.isOver) this.#schedule(watch)
  }

  #isDue(watch: Watch): boolean {
    const now = Date.now()
    const held = this.#options.heldOf(watch.id)
    if (held?.state === 'closed' && now >= held.pausedUntil) return true
    const { last } = watch
    const current = writtenBy(serverProcesses(watch.server, watch.files))
    if (!isSame(current, last)) watch.changedAt = now
    if (growthBetween(last, current) === FASTEST) watch.isUncounted = true
    watch.last = current
    return isMeasureDue({
      headroomBytes: this.#headroomOf(watch),
      growth: growthOf(watch),
      isChanged: watch.changedAt >= watch.measuredAt,
      elapsedMs: now - watch.measuredAt,
    })
  }

  /** Bytes to the next bound. */
  #headroomOf({ id, quotaBytes, measured }: Watch): number {
    // It could not be counted.
    if (!Number.isFinite(measured.bytes)) return 0
    const counted = countedBytes(measured, quotaBytes)
    const next = Object.values(boundsOf(quotaBytes)).find((bound) => bound > counted)
    if (next !== undefined) return next - counted
    const dataBytes = measured.bytes - measured.walBytes
    const floorBytes = this.#options.heldOf(id)?.floorBytes ?? dataBytes
    return Math.max(floorBytes + FREEING_BYTES - dataBytes, 0)
  }
}

/** Since it was measured, by the looks since. */
function growthOf({ isUncounted, written, last }: Watch): Growth {
  return isUncounted ? FASTEST : growthBetween(written, last)
}
