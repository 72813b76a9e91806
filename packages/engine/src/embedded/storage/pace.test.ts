/** When servers are looked at and measured. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BY_SQL, FASTEST, type Growth, growthBetween, isMeasureDue, lookAfterMs, mostGrowth } from './pace.ts'
import { NOTHING_WRITTEN } from './written.ts'

const MB = 2 ** 20

test('looks sooner the less is left, and less often where nothing is written', () => {
  const after = (headroomBytes: number, isQuiet: boolean) =>
    lookAfterMs(headroomBytes, { isQuiet, count: 1, tookMs: 0 })
  expect(after(0, false)).toBe(10)
  expect(after(0, true)).toBe(20)
  expect(after(400e6, false)).toBe(200)
  expect(after(400e6, true)).toBe(200)
  expect(after(1e12, false)).toBe(500)
})

test('looks at each of many servers less often', () => {
  expect(lookAfterMs(0, { isQuiet: false, count: 100, tookMs: 0 })).toBe(100)
  expect(lookAfterMs(0, { isQuiet: true, count: 100, tookMs: 0 })).toBe(200)
  expect(lookAfterMs(0, { isQuiet: true, count: 10_000, tookMs: 0 })).toBe(500)
})

test('looks as long after a measurement as that took, up to half a second', () => {
  const after = (tookMs: number) => lookAfterMs(0, { isQuiet: false, count: 1, tookMs })
  expect([after(5), after(80), after(9_000)]).toEqual([10, 80, 500])
})

const counted = (bytes: number): Growth => ({ kind: 'counted', bytes })
const at = { headroomBytes: 40 * MB, growth: counted(0), isChanged: true, elapsedMs: 0 }

test('measures once a quarter of the room that is left may be taken', () => {
  expect(isMeasureDue({ ...at, growth: counted(10 * MB - 1) })).toBe(false)
  expect(isMeasureDue({ ...at, growth: counted(10 * MB) })).toBe(true)
})

test('measures what changed a little after two seconds', () => {
  expect(isMeasureDue({ ...at, growth: counted(1), elapsedMs: 1_999 })).toBe(false)
  expect(isMeasureDue({ ...at, growth: counted(1), elapsedMs: 2_000 })).toBe(true)
})

test('measures by time where it is not known what is written, as soon as all that is left may be taken', () => {
  expect(isMeasureDue({ ...at, growth: BY_SQL, elapsedMs: 160 })).toBe(false)
  expect(isMeasureDue({ ...at, growth: BY_SQL, elapsedMs: 170 })).toBe(true)
  expect(isMeasureDue({ ...at, growth: FASTEST, elapsedMs: 49 })).toBe(false)
  expect(isMeasureDue({ ...at, growth: FASTEST, elapsedMs: 50 })).toBe(true)
  expect(isMeasureDue({ ...at, growth: FASTEST, headroomBytes: 400e6, elapsedMs: 199 })).toBe(false)
})

test('never measures where nothing has changed', () => {
  const growth = fc.oneof(fc.nat().map(counted), fc.constantFrom(BY_SQL, FASTEST))
  const any = fc.record({ headroomBytes: fc.nat(), growth, elapsedMs: fc.nat() })
  fc.assert(fc.property(any, (since) => !isMeasureDue({ ...since, isChanged: false })))
})

describe('what was written between two looks', () => {
  const written = (bytes: number, isAll = true) => ({ ...NOTHING_WRITTEN, bytes, isAll })
  test.each([
    ['is the difference of the counters', written(5), written(7), counted(2)],
    ['is unknown where they fall', written(7), written(5), FASTEST],
    ['is unknown where they did not have all', written(5, false), written(7), FASTEST],
    ['is unknown where they do not have all', written(5), written(7, false), FASTEST],
    ['is what SQL can write where there are none', null, written(7), BY_SQL],
  ])('%s', (_, before, now, expected) => {
    expect(growthBetween(before, now)).toEqual(expected)
  })

  test('is at most what the time allowed', () => {
    expect([mostGrowth(counted(3), 1_000), mostGrowth(FASTEST, 10)]).toEqual([3, 20_000_000])
  })
})
