import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMeasureDue, lookAfterMs } from './pace.ts'

const MB = 2 ** 20

test('looks sooner the less is left, and less often where nothing is written', () => {
  const after = (headroomBytes: number, isQuiet: boolean) => lookAfterMs(headroomBytes, { isQuiet, count: 1 })
  expect(after(0, false)).toBe(10)
  expect(after(0, true)).toBe(20)
  expect(after(400e6, false)).toBe(200)
  expect(after(400e6, true)).toBe(200)
  expect(after(1e12, false)).toBe(500)
})

test('looks at each of many servers less often', () => {
  expect(lookAfterMs(0, { isQuiet: false, count: 100 })).toBe(100)
  expect(lookAfterMs(0, { isQuiet: true, count: 100 })).toBe(200)
  expect(lookAfterMs(0, { isQuiet: true, count: 10_000 })).toBe(500)
})

const at = { headroomBytes: 40 * MB, writtenBytes: 0, isChanged: true, elapsedMs: 0 }

test('measures once a quarter of what is left may have been taken', () => {
  expect(isMeasureDue({ ...at, writtenBytes: 10 * MB - 1 })).toBe(false)
  expect(isMeasureDue({ ...at, writtenBytes: 10 * MB })).toBe(true)
})

test('measures what changed a little after two seconds', () => {
  expect(isMeasureDue({ ...at, writtenBytes: 1, elapsedMs: 1_999 })).toBe(false)
  expect(isMeasureDue({ ...at, writtenBytes: 1, elapsedMs: 2_000 })).toBe(true)
})

test('measures by time where nobody knows what is written', () => {
  expect(isMeasureDue({ ...at, writtenBytes: null, elapsedMs: 160 })).toBe(false)
  expect(isMeasureDue({ ...at, writtenBytes: null, elapsedMs: 170 })).toBe(true)
})

test('never measures where nothing has changed', () => {
  const any = fc.record({ headroomBytes: fc.nat(), writtenBytes: fc.option(fc.nat()), elapsedMs: fc.nat() })
  fc.assert(fc.property(any, (since) => !isMeasureDue({ ...since, isChanged: false })))
})
