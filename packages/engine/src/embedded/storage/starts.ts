/** Holds databases to their bounds while their servers start: measures each before, and watches it from then on. */

import { EngineError } from '../../errors.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { readControlFile } from '../copies/control-file.ts'
import { mostAtStart, mostUncounted, placeLimitMs, startLimitMs } from './start-bounds.ts'
import { type GrowthBound, StartWatch } from './start-watch.ts'
import { type Held, type Step, stopped, UNLIMITED } from './state.ts'
import { countedBytes, measure, type Used } from './usage.ts'

export interface StartsOptions {
  quotaOf(id: string): number | null
  heldOf(id: string): Held | undefined
  hold(id: string, held: Held): void
  /** What follows from what a database takes. */
  decide(id: string, found: { used: Used; quotaBytes: number }): Step
  /** Opens to the service what the last server has closed to it. */
  open(files: ServerFiles): Promise<void>
}

export interface StartTarget {
  id: string
  files: ServerFiles
  /** What it takes; null: not known. */
  used: Used | null
}

export class Starts {
  readonly #options: StartsOptions

  constructor(options: StartsOptions) {
    this.#options = options
  }

  /** Rejects with `unavailable` for a database that stays closed. The caller ends the watch. */
  async begin({ id, files, used: known }: StartTarget): Promise<StartWatch> {
    this.#requireOpen(id)
    const quotaBytes = this.#options.quotaOf(id)
    const used = quotaBytes === null ? null : (known ?? (await this.#measure(files)))
    if (used !== null && quotaBytes !== null) {
      const { held } = this.#options.decide(id, { used, quotaBytes })
      // What it may do again is decided once it runs.
      if (held.state === 'admin_only' || held.state === 'closed') this.#options.hold(id, held)
      this.#requireOpen(id)
    }
    const held = this.#options.heldOf(id)
    const times = held?.times ?? 0
    const limitMs = startLimitMs({
      isCleanlyStopped: isCleanlyStopped(files),
      walBytes: used?.walBytes ?? null,
      times,
    })
    const growth = quotaBytes === null || used === null ? null : growthBound(quotaBytes, used, held)
    const begunAt = Date.now()
    const bound = { usedBefore: used, growth, limitMs, placeMs: placeLimitMs(times) }
    return new StartWatch(files, bound, () => this.#ended(id, begunAt))
  }

  /** What cannot be counted may be so since it is closed to the service: then it is counted once it is open. */
  async #measure(files: ServerFiles): Promise<Used> {
    const used = await measure(files)
    if (Number.isFinite(used.bytes)) return used
    await this.#options.open(files)
    return measure(files)
  }

  /** For at least as long as it took, so that others have its place meanwhile. */
  #ended(id: string, begunAt: number): void {
    const now = Date.now()
    const { held } = stopped(this.#options.heldOf(id) ?? UNLIMITED, 'kill', now)
    const floorBytes = this.#options.heldOf(id)?.floorBytes ?? null
    this.#options.hold(id, {
      ...held,
      floorBytes,
      pausedUntil: Math.max(held.pausedUntil, 2 * now - begunAt),
    })
  }

  #requireOpen(id: string): void {
    const held = this.#options.heldOf(id)
    const leftMs = held?.state === 'closed' ? held.pausedUntil - Date.now() : 0
    if (leftMs <= 0) return
    throw new EngineError(
      'unavailable',
      `the database went on writing beyond its disk quota, or did not start; it stays closed for ${Math.ceil(leftMs / 1000)} s`,
    )
  }
}

function growthBound(quotaBytes: number, used: Used, held: Held | undefined): GrowthBound {
  const counted = countedBytes(used, quotaBytes)
  const isCounted = Number.isFinite(counted)
  return {
    quotaBytes,
    countedBytes: counted,
    mostBytes: isCounted ? mostAtStart(quotaBytes, used, held) : mostUncounted(quotaBytes),
    refusal: new EngineError('failed', 'the database wrote beyond its disk quota while it started'),
  }
}

function isCleanlyStopped({ data }: ServerFiles): boolean {
  try {
    return readControlFile(data).isCleanlyStopped
  } catch {
    return false
  }
}
