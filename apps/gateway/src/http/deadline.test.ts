/** Deadlines that move. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Deadline } from './deadline.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What has become of a deadline. */
function watch(deadline: Deadline): { passedWith: string | null } {
  const state: { passedWith: string | null } = { passedWith: null }
  deadline.passed.catch((error: Error) => {
    state.passedWith = error.message
  })
  return state
}

const late = () => new Error('late')

test('a deadline passes at its time, and not before', async () => {
  const end = Date.now() + 100
  const state = watch(new Deadline(() => end - Date.now(), late))
  await vi.advanceTimersByTimeAsync(99)
  expect(state.passedWith).toBeNull()
  await vi.advanceTimersByTimeAsync(1)
  expect(state.passedWith).toBe('late')
})

test('a deadline moves with the time that is left, with one timer', async () => {
  let end = Date.now() + 100
  const state = watch(new Deadline(() => end - Date.now(), late))
  for (let i = 0; i < 5; i++) {
    await vi.advanceTimersByTimeAsync(60)
    end = Date.now() + 100
    expect(vi.getTimerCount()).toBe(1)
  }
  expect(state.passedWith).toBeNull()
  await vi.advanceTimersByTimeAsync(100)
  expect(state.passedWith).toBe('late')
})

test('a deadline without time left passes at once', async () => {
  const state = watch(new Deadline(() => 0, late))
  await vi.advanceTimersByTimeAsync(0)
  expect(state.passedWith).toBe('late')
})

test('a deadline that is failed passes at once, with the given error', async () => {
  const deadline = new Deadline(() => 1_000, late)
  const state = watch(deadline)
  deadline.fail(new Error('early'))
  await vi.advanceTimersByTimeAsync(0)
  deadline.stop()
  expect([state.passedWith, vi.getTimerCount()]).toEqual(['early', 0])
})

test('a deadline that is stopped never passes', async () => {
  const deadline = new Deadline(() => 100, late)
  const state = watch(deadline)
  deadline.stop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect([state.passedWith, vi.getTimerCount()]).toEqual([null, 0])
})
