import { describe, expect, test } from 'vitest'
import { mostAtStart, placeLimitMs, startLimitMs } from './start-bounds.ts'
import { boundsOf, type Held, mostWal, UNLIMITED } from './state.ts'

const MB = 2 ** 20
const QUOTA = 64 * MB
const usedOf = (dataMb: number, walMb: number) => ({
  bytes: (dataMb + walMb) * MB,
  walBytes: walMb * MB,
  waitingBytes: 0,
})
const closed = (floorMb: number | null): Held => ({
  ...UNLIMITED,
  state: 'admin_only',
  floorBytes: floorMb === null ? null : floorMb * MB,
})

describe('what may count of a database while it starts', () => {
  const { most } = boundsOf(QUOTA)
  test.each([
    ['is its bound, and what its log brings back', usedOf(10, 8), undefined, most + 8 * MB],
    ['is what it took where that is more', usedOf(100, 8), undefined, 108 * MB],
    ['counts from the least that it took since it is closed', usedOf(150, 8), closed(100), 108 * MB],
    ['counts from what it takes where it has no such', usedOf(150, 8), closed(null), 158 * MB],
    ['has no more of a log than a log may be', usedOf(10, 300), undefined, 110 * MB + mostWal(QUOTA)],
  ])('%s', (_, used, held, expected) => {
    expect(mostAtStart(QUOTA, used, held)).toBe(expected + 32 * MB)
  })
})

describe('how long a start may take', () => {
  const recovering = { isCleanlyStopped: false, walBytes: 60 * MB, times: 0 }
  test.each([
    ['a minute of one that was stopped cleanly', { ...recovering, isCleanlyStopped: true }, 60_000],
    ['longer the more it has to replay', recovering, 180_000],
    ['twice as long after it was ended', { ...recovering, times: 1 }, 360_000],
    ['ten minutes at most', { ...recovering, times: 9 }, 600_000],
    ['ten minutes where its log is not known', { ...recovering, walBytes: null }, 600_000],
  ])('is %s', (_, what, expected) => {
    expect(startLimitMs(what)).toBe(expected)
  })
})

test('a start that was ended before keeps its place for longer, and no longer than it may take', () => {
  expect([0, 1, 2, 9].map(placeLimitMs)).toEqual([30_000, 60_000, 120_000, 600_000])
})
