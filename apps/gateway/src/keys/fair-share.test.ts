/** The fair share of callers of a key that runs low. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seeded, simulate, worstWindow } from '../testing/limiter-simulation.ts'
import { callersOf, countUse, isShared, mayTake, newFairShare, takeReport } from './fair-share.ts'

const limit = { rps: 100, burst: 200, costs: { write: 1, rpc: 1 } }

test.each([1, 8])(
  'a caller with few requests gets nearly all of them beside one at ten times the limit, over %i isolates',
  (isolates) => {
    const { byCaller, admitted } = simulate({
      limit,
      isolates,
      arrivals: [
        { caller: 'a:heavy', load: 1_000 },
        { caller: 'a:light', load: 5 },
      ],
      durationMs: 10_000,
      latencyMs: 10,
      random: seeded(3),
    })
    const light = byCaller.get('a:light') ?? { admitted: 0, refused: 0 }
    expect(light.admitted).toBeGreaterThan(0.9 * (light.admitted + light.refused))
    expect(admitted.length).toBeGreaterThan(0.9 * (limit.burst + limit.rps * 10))
    expect(worstWindow(admitted, limit)).toBeLessThanOrEqual(1)
  },
)

test('a single active caller may use the whole bucket', () => {
  const share = newFairShare()
  countUse(
    share,
    [
      ['a:1', 500],
      ['s:u', 500],
    ],
    0,
  )
  expect(isShared(share, ['a:1', 's:u'], 0)).toBe(false)
  expect(isShared(share, ['a:2'], 0)).toBe(true)
  expect(isShared(share, ['a:1', 's:other'], 0)).toBe(true)
  expect(isShared(share, ['a:2'], 20_000)).toBe(false)
})

test('the use of a caller is forgotten in seconds, and a share is at most half of what is left', () => {
  const share = newFairShare()
  countUse(share, [['a:1', 16]], 0)
  expect(mayTake(share, ['a:1'], { cost: 1, left: 20 }, 0)).toBe(false)
  expect(mayTake(share, ['a:2'], { cost: 1, left: 20 }, 0)).toBe(true)
  expect(mayTake(share, ['a:2'], { cost: 11, left: 20 }, 0)).toBe(false)
  expect(mayTake(share, ['a:1'], { cost: 1, left: 20 }, 1_000)).toBe(true)
})

test('memory is bounded for any number of callers, and a report names those with the most tokens', () => {
  const share = newFairShare()
  countUse(
    share,
    Array.from({ length: 100_000 }, (_, n) => [`s:${n}`, 1] as const).map(([id, n]) => [id, n]),
    0,
  )
  expect(share.seen.size).toBeLessThanOrEqual(5_000)
  const counts = new Map(Array.from({ length: 200 }, (_, n) => [`a:${n}`, n]))
  const report = takeReport(counts)
  expect(report[0]).toEqual(['a:199', 199])
  expect([report.length, counts.size]).toEqual([32, 0])
})

test('a caller is counted by address and by any subject', () => {
  fc.assert(
    fc.property(fc.string(), (subject) => {
      expect(callersOf('192.0.2.1', subject)).toEqual(['a:192.0.2.1', `s:${subject}`])
    }),
  )
  expect(callersOf(null, undefined)).toEqual([])
})
