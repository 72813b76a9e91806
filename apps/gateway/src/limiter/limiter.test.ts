import type { RateLimit } from '@db9/types/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bucket, grant, newBucket, restoreBucket, saveBucket } from './bucket.ts'
import {
  deniedForMs,
  finishCall,
  type Holding,
  newHolding,
  noteUse,
  shouldRenew,
  spend,
  startCall,
} from './holding.ts'

interface Simulation {
  limit: RateLimit
  isolates: number
  /** Requests each second, all isolates together. */
  load: number
  durationMs: number
  latencyMs: number
  /** Numbers in [0, 1). */
  random: () => number
}

interface Outcome {
  admitted: number[]
  refused: number
  calls: number
}

/** Isolates and one object on a common timeline; calls take their time there and back. */
function simulate({ limit, isolates, load, durationMs, latencyMs, random }: Simulation): Outcome {
  const bucket = newBucket(limit, 0)
  const states = Array.from({ length: isolates }, () => ({ holding: newHolding(0), freshUntil: 0 }))
  const events: { at: number; run: (now: number) => void }[] = []
  const outcome: Outcome = { admitted: [], refused: 0, calls: 0 }
  const schedule = (at: number, run: (now: number) => void) => events.push({ at, run })

  const call = (state: { holding: Holding; freshUntil: number }, need: number, sentAt: number) => {
    outcome.calls++
    const request = startCall(state.holding, need, sentAt)
    schedule(sentAt + latencyMs * random(), (atObject) => {
      const granted = grant(bucket, limit, request, atObject)
      schedule(atObject + latencyMs * random(), (now) => {
        const admitted = finishCall(state.holding, request, granted, { sentAt, now }, random())
        state.freshUntil = sentAt + 1000
        if (need === 0) return
        if (admitted) outcome.admitted.push(now)
        else outcome.refused++
      })
    })
  }
  const arrive = (now: number) => {
    const state = states[Math.floor(random() * isolates)]
    if (!state) return
    noteUse(state.holding, 1, now)
    if (spend(state.holding, 1, now)) {
      outcome.admitted.push(now)
      if (shouldRenew(state.holding, state.freshUntil, now)) call(state, 0, now)
    } else if (deniedForMs(state.holding, now) > 0) outcome.refused++
    else call(state, 1, now)
  }

  for (let at = 0; at < durationMs; at += 1000 / load) schedule(at, arrive)
  while (events.length > 0) {
    let first = 0
    events.forEach((event, index) => {
      if (event.at < (events[first]?.at ?? 0)) first = index
    })
    const [event] = events.splice(first, 1)
    event?.run(event.at)
  }
  return outcome
}

/** The fullest window's part of what it may hold. */
function worstWindow(admitted: number[], limit: RateLimit): number {
  const times = admitted.toSorted((left, right) => left - right)
  let worst = 0
  times.forEach((start, first) => {
    for (let last = first; last < times.length; last++) {
      const seconds = ((times[last] ?? 0) - start) / 1000
      worst = Math.max(worst, (last - first + 1) / (limit.burst + limit.rps * seconds))
    }
  })
  return worst
}

const costs = { write: 1, rpc: 1 }

function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

test('under overload, no window of any length holds more than burst + rps·T', () => {
  fc.assert(
    fc.property(
      fc.record({
        rps: fc.integer({ min: 5, max: 40 }),
        burst: fc.integer({ min: 10, max: 80 }),
        isolates: fc.integer({ min: 1, max: 6 }),
        overload: fc.integer({ min: 2, max: 10 }),
        latencyMs: fc.integer({ min: 0, max: 25 }),
        seed: fc.integer(),
      }),
      ({ rps, burst, isolates, overload, latencyMs, seed }) => {
        const limit = { rps, burst, costs }
        const load = rps * overload
        const { admitted } = simulate({
          limit,
          isolates,
          load,
          durationMs: 4000,
          latencyMs,
          random: seeded(seed),
        })
        expect(worstWindow(admitted, limit)).toBeLessThanOrEqual(1)
        expect(admitted.length).toBeGreaterThan(0.9 * Math.min(burst + rps * 4, load * 4))
      },
    ),
    { numRuns: 40 },
  )
})

test('at half load nothing is refused, whatever the number of isolates', () => {
  fc.assert(
    fc.property(
      fc.record({
        rps: fc.integer({ min: 10, max: 200 }),
        burstSeconds: fc.double({ min: 0.5, max: 3, noNaN: true }),
        isolates: fc.integer({ min: 1, max: 12 }),
        latencyMs: fc.integer({ min: 0, max: 25 }),
        seed: fc.integer(),
      }),
      ({ rps, burstSeconds, isolates, latencyMs, seed }) => {
        const limit = { rps, burst: Math.ceil(rps * burstSeconds), costs }
        const { refused } = simulate({
          limit,
          isolates,
          load: rps / 2,
          durationMs: 6000,
          latencyMs,
          random: seeded(seed),
        })
        expect(refused).toBe(0)
      },
    ),
    { numRuns: 40 },
  )
})

test('a busy isolate asks its object a few times a second, not once a request', () => {
  const limit = { rps: 1000, burst: 2000, costs }
  const outcome = simulate({
    limit,
    isolates: 1,
    load: 500,
    durationMs: 4000,
    latencyMs: 5,
    random: seeded(1),
  })
  expect(outcome.refused).toBe(0)
  expect(outcome.calls).toBeLessThan(60)
})

test('tokens that were leased and not spent come back, even when they are reported late', () => {
  const limit = { rps: 1, burst: 100, costs }
  const bucket = newBucket(limit, 0)
  const first = grant(bucket, limit, { need: 0, want: 20, closed: [] }, 0)
  expect(first.lease?.tokens).toBe(20)
  grant(bucket, limit, { need: 80, want: 0, closed: [] }, 0)
  expect(grant(bucket, limit, { need: 10, want: 0, closed: [] }, 2000).needId).toBeNull()
  const closed = [{ id: first.lease?.id ?? 0, unspent: 20 }]
  expect(grant(bucket, limit, { need: 10, want: 0, closed }, 2000).needId).not.toBeNull()
})

test('a lease that nobody reports counts as spent, and no more than half of burst is out', () => {
  const limit = { rps: 10, burst: 10, costs }
  const bucket = newBucket(limit, 0)
  const sizes = Array.from(
    { length: 8 },
    () => grant(bucket, limit, { need: 0, want: 10, closed: [] }, 0).lease?.tokens ?? 0,
  )
  expect(sizes.reduce((sum, tokens) => sum + tokens, 0)).toBeLessThanOrEqual(5)
})

test('a lease is spent within its second and not after', () => {
  const holding = newHolding(0)
  const call = startCall(holding, 0, 0)
  const granted = { needId: 9, lease: { id: 1, tokens: 4 }, retryAfterMs: 0 }
  finishCall(holding, call, granted, { sentAt: 0, now: 300 }, 0)
  expect(spend(holding, 3, 999)).toBe(true)
  expect(spend(holding, 1, 1000)).toBe(false)
  expect(startCall(holding, 0, 1000).closed).toEqual([{ id: 1, unspent: 1 }])
})

test('a request that was admitted too late is not, and its tokens go back', () => {
  const holding = newHolding(0)
  const call = startCall(holding, 2, 0)
  const granted = { needId: 9, lease: { id: 1, tokens: 4 }, retryAfterMs: 0 }
  expect(finishCall(holding, call, granted, { sentAt: 0, now: 1500 }, 0)).toBeNull()
  expect(startCall(holding, 2, 1500)).toMatchObject({
    closed: [
      { id: 1, unspent: 4 },
      { id: 9, unspent: 2 },
    ],
  })
})

test('tokens of a request that was refused for another reason can be taken at once', () => {
  const limit = { rps: 1, burst: 4, costs }
  const bucket = newBucket(limit, 0)
  const first = grant(bucket, limit, { need: 1, want: 0, closed: [] }, 0)
  const closed = [{ id: first.needId ?? 0, unspent: 1 }]
  expect(grant(bucket, limit, { need: 4, want: 0, closed }, 1).needId).not.toBeNull()
})

test('one renewal is on its way at a time, also when nothing more is wanted', () => {
  const holding = newHolding(0)
  const first = startCall(holding, 0, 0)
  expect(shouldRenew(holding, 0, 10)).toBe(false)
  finishCall(
    holding,
    first,
    { needId: 1, lease: { id: 2, tokens: 4 }, retryAfterMs: 0 },
    { sentAt: 0, now: 20 },
    0,
  )
  expect(shouldRenew(holding, 1000, 20)).toBe(false)
  expect(shouldRenew(holding, 1000, 600)).toBe(true)
  expect(startCall(holding, 0, 600).want).toBe(0)
  expect(shouldRenew(holding, 1000, 610)).toBe(false)
})

test('an isolate that was denied asks again within the second, not at once', () => {
  const holding = newHolding(0)
  const call = startCall(holding, 1, 0)
  finishCall(holding, call, { needId: null, lease: null, retryAfterMs: 60_000 }, { sentAt: 0, now: 10 }, 0)
  expect(deniedForMs(holding, 10)).toBe(500)
  expect(deniedForMs(holding, 600)).toBe(0)
})

test('an object that starts again has forgotten no token that was taken', () => {
  const limit = { rps: 1, burst: 100, costs }
  const bucket: Bucket = newBucket(limit, 0)
  grant(bucket, limit, { need: 60, want: 10, closed: [] }, 0)
  const again = restoreBucket(saveBucket(bucket), 500)
  expect(grant(again, limit, { need: 31, want: 0, closed: [] }, 500).needId).toBeNull()
  expect(grant(again, limit, { need: 30, want: 0, closed: [] }, 500).needId).not.toBeNull()
})
