/** Waiting with a time limit. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { within } from './within.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('work that ends in time gives its result or its error, and leaves no timer', async () => {
  const fail = () => {
    throw new Error('late')
  }
  expect(await within(10, Promise.resolve(1), fail)).toBe(1)
  await expect(within(10, Promise.reject(new Error('broken')), fail)).rejects.toThrow('broken')
  expect(vi.getTimerCount()).toBe(0)
})

test('work that is late gives what is to be given then, or throws it', async () => {
  const never = new Promise<number>(() => {})
  const given = within(10, never, () => null)
  const thrown = within(10, never, () => {
    throw new Error('late')
  })
  thrown.catch(() => {})
  await vi.advanceTimersByTimeAsync(10)
  expect(await given).toBeNull()
  await expect(thrown).rejects.toThrow('late')
})
