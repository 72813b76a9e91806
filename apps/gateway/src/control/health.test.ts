/** How often the parts are asked whether they serve. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type PartStates, RememberedHealth } from './health.ts'

let health: RememberedHealth
let asked: PromiseWithResolvers<PartStates>[]
beforeEach(() => {
  vi.useFakeTimers()
  health = new RememberedHealth()
  asked = []
})
afterEach(() => {
  vi.useRealTimers()
})

function states(): Promise<PartStates> {
  return health.states({
    ask: () => {
      const call = Promise.withResolvers<PartStates>()
      asked.push(call)
      return call.promise
    },
    now: Date.now,
    waitUntil: () => {},
  })
}

/** How often the parts are asked by ten requests that come `ms` later. */
async function askedAfter(ms: number): Promise<number> {
  vi.advanceTimersByTime(ms)
  const before = asked.length
  for (let i = 0; i < 10; i++) void states()
  return asked.length - before
}

test('requests that come meanwhile share one answer', async () => {
  const all = Promise.all(Array.from({ length: 100 }, states))
  expect(asked.length).toBe(1)
  asked[0]?.resolve({ a: true, b: false })
  expect(new Set(await all)).toEqual(new Set([{ a: true, b: false }]))
})

test('a healthy state is reused for a second, an unhealthy one for a tenth of a second', async () => {
  const first = states()
  asked[0]?.resolve({ a: true })
  await first
  expect(await askedAfter(999)).toBe(0)
  expect(await askedAfter(1)).toBe(1)
  asked[1]?.resolve({ a: false })
  await vi.advanceTimersByTimeAsync(0)
  expect(await askedAfter(99)).toBe(0)
  expect(await askedAfter(1)).toBe(1)
})

test('the age of an answer counts from its question', async () => {
  const first = states()
  vi.advanceTimersByTime(800)
  asked[0]?.resolve({ a: true })
  await first
  expect(await askedAfter(200)).toBe(1)
})

test('a request that waits for a dropped one asks itself in the end', async () => {
  void states()
  const second = states()
  await vi.advanceTimersByTimeAsync(2_600)
  expect(asked.length).toBe(2)
  asked[1]?.resolve({ a: true })
  expect(await second).toEqual({ a: true })
})
