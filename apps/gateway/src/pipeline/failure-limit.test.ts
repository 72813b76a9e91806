/** The arithmetic of failed requests by address. */
import { expect, test } from 'vitest'
import { FailureLimit } from './failure-limit.ts'

const RATE = 20
const BURST = 100

/** Fails `times` times at `now`; how many of them were let be. */
function fail(limit: FailureLimit, network: string, times: number, now: number): number {
  let passed = 0
  for (let i = 0; i < times; i++) if (!limit.count(network, now)) passed++
  return passed
}

test('allows a burst of failures, and then as many as the rate', () => {
  const limit = new FailureLimit(RATE)
  expect(fail(limit, 'a', 1_000, 0)).toBe(BURST)
  expect(limit.isOver('a', 0)).toBe(true)
  expect(fail(limit, 'a', 1_000, 1_000)).toBe(RATE)
})

test('allows no more failures in any window than burst and rate', () => {
  const limit = new FailureLimit(RATE)
  let passed = 0
  for (let now = 0; now < 10_000; now += 7) passed += fail(limit, 'a', 3, now)
  expect(passed).toBeLessThanOrEqual(BURST + RATE * 10)
  expect(passed).toBeGreaterThan(BURST + RATE * 9)
})

test('addresses are counted apart', () => {
  const limit = new FailureLimit(RATE)
  fail(limit, 'a', 1_000, 0)
  expect([limit.isOver('b', 0), fail(limit, 'b', 1_000, 0)]).toEqual([false, BURST])
})

test('is busy only while an address may have an empty bucket', () => {
  const limit = new FailureLimit(RATE)
  fail(limit, 'a', BURST - 1, 0)
  expect(limit.isBusy(0)).toBe(false)
  fail(limit, 'a', 1, 0)
  expect([limit.isBusy(0), limit.isOver('a', 49), limit.isOver('a', 50)]).toEqual([true, true, false])
})

test('a clock that goes back gives no tokens', () => {
  const limit = new FailureLimit(RATE)
  fail(limit, 'a', 1_000, 10_000)
  expect(limit.isOver('a', 5_000)).toBe(true)
})

test('counts nothing where the limit is off', () => {
  const limit = new FailureLimit(0)
  expect([fail(limit, 'a', 10_000, 0), limit.isOver('a', 0)]).toEqual([10_000, false])
})
