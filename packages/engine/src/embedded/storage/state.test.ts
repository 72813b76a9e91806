import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundsOf, FREEING_BYTES, gradeOf, type Held, pauseOf, step, UNLIMITED, type Usage } from './state.ts'

const MB = 2 ** 20
const QUOTA = 1_000 * MB
const usage = (usedMb: number, more: Partial<Usage> = {}): Usage => ({
  usedBytes: usedMb * MB,
  dataBytes: usedMb * MB,
  walBytes: 0,
  previousBytes: null,
  quotaBytes: QUOTA,
  volume: 'roomy',
  isGrowing: false,
  ...more,
})

/** The states and actions that follow from these looks, a second after the other. */
function history(looks: Usage[], begin: Held = UNLIMITED): string[] {
  let held = begin
  return looks.map((look, i) => {
    const next = step(held, look, i * 1_000)
    held = next.held
    return next.action === 'none' ? held.state : `${held.state}, ${next.action}`
  })
}

test.each([
  [999, ['ok']],
  [1_000, ['ok']],
  [1_001, ['read_only']],
  [1_049, ['read_only']],
  [1_050, ['admin_only, end_sessions']],
  [Number.POSITIVE_INFINITY, ['admin_only, end_sessions']],
])('%d MB of a quota of 1,000 MB', (usedMb, expected) => {
  expect(history([usage(usedMb)])).toEqual(expected)
})

test('without a quota everything may be written', () => {
  expect(history([usage(1e6, { quotaBytes: null })])).toEqual(['ok'])
})

describe('what is freed leads back', () => {
  test.each([
    ['to ok, at two percent below the quota', [1_001, 990, 980], ['read_only', 'read_only', 'ok']],
    [
      'from closed to read-only, and at once to ok',
      [1_200, 1_024, 1_200, 500],
      ['admin_only, end_sessions', 'read_only', 'admin_only, end_sessions', 'ok'],
    ],
  ])('%s', (_, used, expected) => {
    expect(history(used.map((each) => usage(each)))).toEqual(expected)
  })
})

describe('in a database that is closed', () => {
  test('the owner may write up to a tenth over the quota', () => {
    expect(history([usage(1_060), usage(1_062), usage(1_099)])).toEqual([
      'admin_only, end_sessions',
      'admin_only',
      'admin_only',
    ])
  })

  test('ends sessions that write beyond that, and lets no client connect for a while', () => {
    expect(history([usage(1_060), usage(1_062), usage(1_101), usage(1_102), usage(1_102)])).toEqual([
      'admin_only, end_sessions',
      'admin_only',
      'closed, end_sessions',
      'admin_only',
      'admin_only',
    ])
  })

  test('what was ended late has its bound from where it came to rest', () => {
    expect(history([usage(1_060), usage(1_150), usage(1_158), usage(1_159)])).toEqual([
      'admin_only, end_sessions',
      'admin_only',
      'admin_only',
      'closed, end_sessions',
    ])
  })

  test('what the log takes while space is freed has a bound of its own', () => {
    const withWal = (walMb: number) => usage(1_110, { walBytes: walMb * MB })
    expect(history([withWal(0), withWal(0), withWal(256), withWal(257)])).toEqual([
      'admin_only, end_sessions',
      'admin_only',
      'admin_only',
      'closed, end_sessions',
    ])
  })

  test('ends no session again for a log that stays long, as by files that are not segments', () => {
    const long = usage(1_150, { walBytes: 300 * MB })
    expect(history([long, long, long, long])).toEqual([
      'admin_only, end_sessions',
      'admin_only',
      'admin_only',
      'admin_only',
    ])
    const held: Held = { ...UNLIMITED, state: 'closed', times: 1, pausedUntil: 10_000 }
    expect(step(held, long, 0).action).toBe('none')
  })

  test('each time the pause is longer, up to an hour', () => {
    expect([1, 2, 3, 100].map(pauseOf)).toEqual([1_000, 2_000, 4_000, 3_600_000])
  })

  test('kills a server that grows without a client', () => {
    const held: Held = {
      state: 'closed',
      floorBytes: 1_150 * MB,
      floorWalBytes: 0,
      times: 3,
      pausedUntil: 10_000,
    }
    expect(step(held, usage(1_159), 5_000)).toEqual({
      action: 'kill',
      held: { state: 'closed', floorBytes: null, floorWalBytes: null, times: 4, pausedUntil: 13_000 },
    })
    expect(step(held, usage(1_158), 5_000)).toEqual({ action: 'none', held })
  })
})

test.each([
  ['from below its quota', UNLIMITED, 900],
  ['from between the bounds', { ...UNLIMITED, state: 'admin_only', floorBytes: 1_060 * MB } as const, 1_099],
])('a server that is far beyond its bound at once is killed: %s', (_, held, before) => {
  const at = (usedMb: number) => step(held, usage(usedMb, { previousBytes: before * MB }), 0)
  expect(at(1_132).action).not.toBe('kill')
  expect(at(1_133)).toEqual({
    action: 'kill',
    held: { state: 'closed', floorBytes: null, floorWalBytes: null, times: 1, pausedUntil: 1_000 },
  })
})

test('a database that takes more than a new quota is not killed for it', () => {
  expect(step(UNLIMITED, usage(5_000, { previousBytes: 5_000 * MB }), 0).action).toBe('end_sessions')
})

test('from one pause to the next it grows by no more than may be written to free space', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 64, max: 10_000 }),
      fc.array(fc.nat(60 * MB), { maxLength: 60 }),
      (quotaMb, growths) => {
        const quotaBytes = quotaMb * MB
        const { most } = boundsOf(quotaBytes)
        let held = step(UNLIMITED, usage(0, { usedBytes: most, dataBytes: most, quotaBytes }), 0).held
        let usedBytes = most
        for (const [i, growth] of growths.entries()) {
          usedBytes += growth
          const floor = held.floorBytes ?? usedBytes
          const next = step(held, usage(0, { usedBytes, dataBytes: usedBytes, quotaBytes }), i)
          expect(next.action === 'none').toBe(usedBytes - floor <= FREEING_BYTES)
          if (next.action !== 'none') expect(next.held.pausedUntil - i).toBe(pauseOf(held.times + 1))
          held = next.held
        }
      },
    ),
  )
})

test('more use never allows more', () => {
  const rank = { ok: 0, read_only: 1, admin_only: 2, closed: 3 }
  const bytes = fc.nat(300 * MB)
  const held = fc.record({
    state: fc.constantFrom('ok' as const, 'read_only' as const, 'admin_only' as const, 'closed' as const),
    floorBytes: fc.option(bytes),
    floorWalBytes: fc.option(bytes),
    times: fc.nat(5),
    pausedUntil: fc.nat(10),
  })
  fc.assert(
    fc.property(held, bytes, bytes, bytes, fc.nat(10), (before, used, more, quota, now) => {
      const quotaBytes = quota + 64 * MB
      const at = (usedBytes: number) =>
        rank[step(before, usage(0, { usedBytes, dataBytes: usedBytes, quotaBytes }), now).held.state]
      // A floor that is not known yet is what is used.
      fc.pre(before.floorBytes !== null)
      expect(at(used + more)).toBeGreaterThanOrEqual(at(used))
    }),
  )
})

describe('on a volume that is low', () => {
  test.each([
    [100, 'roomy'],
    [99, 'growers_closed'],
    [49, 'read_only'],
    [24, 'closed'],
  ])('%d bytes of 100: %s', (free, grade) => {
    expect(gradeOf(free, 100)).toBe(grade)
  })

  test('those that grow are closed first, then all are read-only, then closed', () => {
    const at = (volume: Usage['volume'], isGrowing: boolean) =>
      history([usage(1, { quotaBytes: null, volume, isGrowing })])[0]
    expect(at('growers_closed', false)).toBe('ok')
    expect(at('growers_closed', true)).toBe('admin_only, end_sessions')
    expect(at('read_only', false)).toBe('read_only')
    expect(at('closed', false)).toBe('admin_only, end_sessions')
  })
})
