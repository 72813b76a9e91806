import { describe, expect, test } from 'vitest'
import { type Counters, type Reading, windowBetween } from './counters.ts'
import { Readings } from './readings.ts'

const counters = (changes: Partial<Counters> = {}): Counters => ({
  ...{ connections: 0, commits: 100, rollbacks: 5, calls: 1_000, exec_ms: 50, statements: [] },
  ...changes,
})
const reading = (at: number, changes: Partial<Counters> = {}, epoch = 'a'): Reading => ({
  at,
  epoch,
  counters: counters(changes),
})

describe('the window between two readings', () => {
  test('has what was added', () => {
    const later = reading(4_000, { commits: 140, rollbacks: 6, calls: 1_010, exec_ms: 75 })
    expect(windowBetween(reading(0), later)).toEqual({
      seconds: 4,
      commits: 40,
      rollbacks: 1,
      statements: { count: 10, averageMs: 2.5 },
    })
  })

  test('has no average where nothing ran', () => {
    expect(windowBetween(reading(0), reading(1_000))?.statements).toEqual({ count: 0, averageMs: null })
  })

  test('has no statements where some were forgotten, or none are counted', () => {
    expect(windowBetween(reading(0), reading(1_000, { calls: 999 }))?.statements).toBeNull()
    expect(windowBetween(reading(0), reading(1_000, { calls: null, exec_ms: null }))?.statements).toBeNull()
  })

  test('is none where the server counts anew', () => {
    expect(windowBetween(reading(0), reading(1_000, {}, 'b'))).toBeNull()
    expect(windowBetween(reading(0), reading(1_000, { commits: 3 }))).toBeNull()
  })
})

describe('readings', () => {
  test('begin a window with the oldest of the last minute, of the same run', () => {
    const readings = new Readings()
    for (const at of [0, 30_000, 59_500]) readings.add('db', reading(at))
    expect(readings.begin('db', 'a', 60_000)?.at).toBe(0)
    expect(readings.begin('db', 'a', 60_001)?.at).toBe(30_000)
    expect(readings.begin('db', 'b', 60_000)).toBeUndefined()
    expect(readings.begin('other', 'a', 60_000)).toBeUndefined()
  })

  test('are kept no closer than a second, and none begins a window shorter than that', () => {
    const readings = new Readings()
    for (const at of [0, 10, 990]) readings.add('db', reading(at))
    expect(readings.begin('db', 'a', 999)).toBeUndefined()
    expect(readings.begin('db', 'a', 1_000)?.at).toBe(0)
    expect(readings.begin('db', 'a', 61_000)).toBeUndefined()
  })
})
