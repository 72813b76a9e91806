/** Isolates and one key's object on a common timeline, with the gateway's own arithmetic; calls take their time. */
import type { RateLimit } from '@db9/types/internal'
import { type Bucket, grant, newBucket, restoreBucket } from '../keys/bucket.ts'
import { newBucketStorage, nextSave } from '../keys/bucket-storage.ts'
import {
  deniedForMs,
  finishCall,
  type LocalLeases,
  newLocalLeases,
  noteUse,
  shouldRenew,
  spend,
  startCall,
} from '../keys/local-leases.ts'

export interface Arrivals {
  caller: string
  /** Requests each second, over all isolates together. */
  load: number
  /** All of a second at its beginning instead of evenly. */
  inBursts?: boolean
}

export interface Simulation {
  limit: RateLimit
  isolates: number
  arrivals: Arrivals[]
  durationMs: number
  latencyMs: number
  /** The object is thrown away this often; null: never. */
  evictEveryMs?: number
  /** Numbers in [0, 1). */
  random: () => number
}

export interface Outcome {
  /** Times of what passed. */
  admitted: number[]
  refused: number
  /** Calls to the object. */
  calls: number
  byCaller: Map<string, { admitted: number; refused: number }>
}

interface Isolate {
  local: LocalLeases
  freshUntil: number
}

export function simulate(simulation: Simulation): Outcome {
  const { limit, latencyMs, random, durationMs } = simulation
  const isolates: Isolate[] = Array.from({ length: simulation.isolates }, () => ({
    local: newLocalLeases(0),
    freshUntil: 0,
  }))
  const outcome: Outcome = { admitted: [], refused: 0, calls: 0, byCaller: new Map() }
  const timeline = new Timeline()
  let bucket: Bucket = newBucket(limit, 0)
  let storage = newBucketStorage()

  const settle = (caller: string, isAdmitted: boolean, now: number) => {
    const count = outcome.byCaller.get(caller) ?? { admitted: 0, refused: 0 }
    outcome.byCaller.set(caller, count)
    if (isAdmitted) {
      outcome.admitted.push(now)
      count.admitted++
    } else {
      outcome.refused++
      count.refused++
    }
  }
  const call = (isolate: Isolate, caller: string | null, sentAt: number) => {
    outcome.calls++
    const take = caller === null ? { cost: 0, callers: [] } : { cost: 1, callers: [caller] }
    const request = startCall(isolate.local, take, sentAt)
    timeline.at(sentAt + latencyMs * random(), (atObject) => {
      const granted = grant(bucket, limit, request, atObject)
      storage = nextSave(storage, bucket, { limit, call: request, granted }, atObject).storage
      timeline.at(atObject + latencyMs * random(), (now) => {
        const prepaid = finishCall(isolate.local, request, granted, { sentAt, now }, random())
        isolate.freshUntil = sentAt + 1000
        if (caller !== null) settle(caller, prepaid !== null, now)
      })
    })
  }
  const arrive = (caller: string, now: number) => {
    const isolate = isolates[Math.floor(random() * isolates.length)] as Isolate
    const { local } = isolate
    noteUse(local, 1, now)
    if (spend(local, { cost: 1, callers: [caller] }, now)) {
      settle(caller, true, now)
      if (shouldRenew(local, isolate.freshUntil, now)) call(isolate, null, now)
    } else if (deniedForMs(local, [caller], now) > 0) settle(caller, false, now)
    else call(isolate, caller, now)
  }

  for (const { caller, load, inBursts = false } of simulation.arrivals) {
    for (let n = 0; n < (load * durationMs) / 1000; n++) {
      const at = (n * 1000) / load
      timeline.at(inBursts ? Math.floor(at / 1000) * 1000 : at, (now) => arrive(caller, now))
    }
  }
  const { evictEveryMs } = simulation
  for (let at = evictEveryMs ?? durationMs; at < durationMs; at += evictEveryMs ?? durationMs) {
    timeline.at(at, (now) => {
      bucket = storage.saved ? restoreBucket(storage.saved, now) : newBucket(limit, now)
      storage = { ...newBucketStorage(), saved: storage.saved }
    })
  }
  timeline.run()
  return outcome
}

/** The fullest window's part of `burst + rps·T`, over every window that begins and ends with a request that passed. */
export function worstWindow(admitted: readonly number[], limit: RateLimit): number {
  const times = Float64Array.from(admitted).sort()
  let worst = 0
  for (let first = 0; first < times.length; first++) {
    for (let last = first; last < times.length; last++) {
      const seconds = ((times[last] ?? 0) - (times[first] ?? 0)) / 1000
      worst = Math.max(worst, (last - first + 1) / (limit.burst + limit.rps * seconds))
    }
  }
  return worst
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

type Run = (now: number) => void

/** Events in the order of their times, those of one time in the order in which they were put. */
class Timeline {
  readonly #heap: { at: number; order: number; run: Run }[] = []
  #order = 0

  at(at: number, run: Run): void {
    const heap = this.#heap
    heap.push({ at, order: this.#order++, run })
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.#isBefore(child, parent)) break
      this.#swap(child, parent)
      child = parent
    }
  }

  run(): void {
    for (let event = this.#pop(); event; event = this.#pop()) event.run(event.at)
  }

  #pop() {
    const heap = this.#heap
    if (heap.length > 1) this.#swap(0, heap.length - 1)
    const first = heap.pop()
    for (let parent = 0; ; ) {
      let least = parent
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && this.#isBefore(child, least)) least = child
      }
      if (least === parent) return first
      this.#swap(parent, least)
      parent = least
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]]
    if (!a || !b) return false
    return a.at < b.at || (a.at === b.at && a.order < b.order)
  }

  #swap(left: number, right: number): void {
    const [a, b] = [this.#heap[left], this.#heap[right]]
    if (a && b) [this.#heap[left], this.#heap[right]] = [b, a]
  }
}
