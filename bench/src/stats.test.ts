import { expect, test } from 'vitest'
import { quantile, round, spread, zipf } from './stats.ts'

test('spread gives median, least and greatest of unsorted values', () => {
  expect(spread([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 })
  expect(spread([4, 2])).toEqual({ median: 3, min: 2, max: 4 })
})

test('quantile takes a value that was measured', () => {
  const sorted = Array.from({ length: 100 }, (_, i) => i)
  expect(quantile(sorted, 0.5)).toBe(50)
  expect(quantile(sorted, 0.99)).toBe(99)
  expect(quantile([], 0.5)).toBeNaN()
})

test('round keeps three digits', () => {
  expect([12345, 0.012345, 7].map(round)).toEqual([12300, 0.0123, 7])
})

test('zipf draws the first of three as often as the second and the third twice and three times over', () => {
  const shares = Array.from({ length: 1_100 }, (_, i) => (i + 0.5) / 1_100)
  const drawn = shares.map((share) => zipf(3, () => share)())
  expect([0, 1, 2].map((n) => drawn.filter((value) => value === n).length)).toEqual([600, 300, 200])
})
