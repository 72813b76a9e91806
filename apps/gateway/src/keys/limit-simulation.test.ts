/** The limit of a key, in a simulation of isolates and the key object. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seeded, simulate, worstWindow } from '../testing/limiter-simulation.ts'
import { type Bucket, grant, newBucket, plainCall, restoreBucket, saveBucket } from './bucket.ts'
import { deniedForMs, finishCall, newLocalLeases, shouldRenew, spend, startCall } from './local-leases.ts'

const costs = { write: 1, rpc: 1 }
const take = (cost: number, callers: string[] = []) => ({ cost, callers })

test('under overload, no window of T seconds holds more than burst + rps·T', () => {
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
          arrivals: [{ caller: 'a:1', load }],
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

test('at half load no request is refused, over any number of isolates', () => {
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
          arrivals: [{ caller: 'a:1', load: rps / 2 }],
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

test('a busy isolate calls the object a few times a second, not once a request', () => {
  const limit = { rps: 1000, burst: 2000, costs }
  const outcome = simulate({
    limit,
    isolates: 1,
    arrivals: [{ caller: 'a:1', load: 500 }],
    durationMs: 4000,
    latencyMs: 5,
    random: seeded(1),
  })
  expect(outcome.refused).toBe(0)
  expect(outcome.calls).toBeLessThan(60)
})

test('leased tokens that were not spent come back, even when they are reported late', () => {
  const limit = { rps: 1, burst: 100, costs }
  const bucket = newBucket(limit, 0)
  const first = grant(bucket, limit, { ...plainCall(0), want: 20 }, 0)
  expect(first.lease?.tokens).toBe(20)
  grant(bucket, limit, plainCall(80), 0)
  expect(grant(bucket, limit, plainCall(10), 2000).needId).toBeNull()
  const closed = [{ id: first.lease?.id ?? 0, unspent: 20 }]
  expect(grant(bucket, limit, { ...plainCall(10), closed }, 2000).needId).not.toBeNull()
})

test('a lease that is not reported counts as spent, and at most half of burst is out on leases', () => {
  const limit = { rps: 10, burst: 10, costs }
  const bucket = newBucket(limit, 0)
  const sizes = Array.from(
    { length: 8 },
    () => grant(bucket, limit, { ...plainCall(0), want: 10 }, 0).lease?.tokens ?? 0,
  )
  expect(sizes.reduce((sum, tokens) => sum + tokens, 0)).toBeLessThanOrEqual(5)
})

test('a lease is spent within its second and not after', () => {
  const local = newLocalLeases(0)
  const call = startCall(local, take(0), 0)
  const granted = { needId: 9, lease: { id: 1, tokens: 4 }, retryAfterMs: 0, refused: 'none' as const }
  finishCall(local, call, granted, { sentAt: 0, now: 300 }, 0)
  expect(spend(local, take(3), 999)).toBe(true)
  expect(spend(local, take(1), 1000)).toBe(false)
  expect(startCall(local, take(0), 1000).closed).toEqual([{ id: 1, unspent: 1 }])
})

test('a request whose grant arrives too late is not admitted, and its tokens go back', () => {
  const local = newLocalLeases(0)
  const call = startCall(local, take(2), 0)
  const granted = { needId: 9, lease: { id: 1, tokens: 4 }, retryAfterMs: 0, refused: 'none' as const }
  expect(finishCall(local, call, granted, { sentAt: 0, now: 1500 }, 0)).toBeNull()
  expect(startCall(local, take(2), 1500)).toMatchObject({
    closed: [
      { id: 1, unspent: 4 },
      { id: 9, unspent: 2 },
    ],
  })
})

test('tokens of a request that was refused for another reason can be taken at once', () => {
  const limit = { rps: 1, burst: 4, costs }
  const bucket = newBucket(limit, 0)
  const first = grant(bucket, limit, plainCall(1), 0)
  const closed = [{ id: first.needId ?? 0, unspent: 1 }]
  expect(grant(bucket, limit, { ...plainCall(4), closed }, 1).needId).not.toBeNull()
})

test('one renewal is pending at a time, also when no tokens are wanted', () => {
  const local = newLocalLeases(0)
  const first = startCall(local, take(0), 0)
  expect(shouldRenew(local, 0, 10)).toBe(false)
  finishCall(
    local,
    first,
    { needId: 1, lease: { id: 2, tokens: 4 }, retryAfterMs: 0, refused: 'none' as const },
    { sentAt: 0, now: 20 },
    0,
  )
  expect(shouldRenew(local, 1000, 20)).toBe(false)
  expect(shouldRenew(local, 1000, 600)).toBe(true)
  expect(startCall(local, take(0), 600).want).toBe(0)
  expect(shouldRenew(local, 1000, 610)).toBe(false)
})

test('an isolate that was denied asks again within the second, not at once', () => {
  const local = newLocalLeases(0)
  const call = startCall(local, take(1), 0)
  finishCall(
    local,
    call,
    { needId: null, lease: null, retryAfterMs: 60_000, refused: 'all' },
    { sentAt: 0, now: 10 },
    0,
  )
  expect(deniedForMs(local, [], 10)).toBe(500)
  expect(deniedForMs(local, [], 600)).toBe(0)
})

test('an object that starts again has forgotten no spent token', () => {
  const limit = { rps: 1, burst: 100, costs }
  const bucket: Bucket = newBucket(limit, 0)
  grant(bucket, limit, { ...plainCall(60), want: 10 }, 0)
  const again = restoreBucket(saveBucket(bucket), 500)
  expect(grant(again, limit, plainCall(31), 500).needId).toBeNull()
  expect(grant(again, limit, plainCall(30), 500).needId).not.toBeNull()
})

/** One object, twenty isolates, as they are asked for by the figures. */
const CROWD = { limit: { rps: 100, burst: 200, costs }, isolates: 20, durationMs: 10_000, latencyMs: 10 }
const CAPACITY = 200 + 100 * 10

test.each([0.5, 1, 10])(
  'twenty isolates at %s times the limit admit what it allows, and no more',
  (share) => {
    const arrivals = [{ caller: 'a:1', load: 100 * share }]
    const { admitted, refused } = simulate({ ...CROWD, arrivals, random: seeded(7) })
    expect(worstWindow(admitted, CROWD.limit)).toBeLessThanOrEqual(1)
    if (share <= 1) expect(refused).toBe(0)
    else expect(admitted.length).toBeGreaterThan(0.97 * CAPACITY)
  },
)

test.each([
  ['all of a second at once', { inBursts: true }, {}, 1],
  ['with the object lost every two seconds', {}, { evictEveryMs: 2_000 }, 1.05],
  ['with both', { inBursts: true }, { evictEveryMs: 1_700 }, 1.05],
])('at ten times the limit, %s, no window holds more than it may', (_, how, faults, bound) => {
  const arrivals = [{ caller: 'a:1', load: 1_000, ...how }]
  const { admitted } = simulate({ ...CROWD, ...faults, arrivals, random: seeded(11) })
  expect(worstWindow(admitted, CROWD.limit)).toBeLessThanOrEqual(bound)
  expect(admitted.length).toBeGreaterThan(0.65 * CAPACITY)
})
