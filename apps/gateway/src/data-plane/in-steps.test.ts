/** Work in steps, and who is served between them. */
import { expect, test } from 'vitest'
import { inSteps } from './in-steps.ts'

function* count(to: number, seen: number[]): Generator<undefined, string> {
  for (let i = 0; i < to; i++) {
    seen.push(i)
    yield
  }
  return 'done'
}

test('gives the result of the last step, and lets timers run in between', async () => {
  const seen: number[] = []
  const at: number[] = []
  const timer = setInterval(() => at.push(seen.length), 0)
  expect(await inSteps(count(1_000, seen))).toBe('done')
  clearInterval(timer)
  expect(seen).toHaveLength(1_000)
  expect(at.filter((length) => length < 1_000).length).toBeGreaterThan(5)
})

test('ends at once where there are no steps, and throws what a step throws', async () => {
  expect(await inSteps(count(0, []))).toBe('done')
  const failing = function* (): Generator<undefined, string> {
    yield
    throw new Error('a step')
  }
  await expect(inSteps(failing())).rejects.toThrow('a step')
})
