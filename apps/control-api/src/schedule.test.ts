import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Schedule } from './schedule.ts'

let lines: string[]
let schedule: Schedule
beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  schedule = new Schedule(pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) }))
})
afterEach(() => {
  schedule.stop()
  vi.useRealTimers()
})

test('a task whose pass takes longer than its interval is not queued again meanwhile', async () => {
  const pass = Promise.withResolvers<void>()
  let passes = 0
  const run = () => {
    passes += 1
    return passes === 1 ? pass.promise : Promise.resolve()
  }
  schedule.start([{ name: 'slow', everyMs: 1_000, run }])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(passes).toBe(1)

  pass.resolve()
  await schedule.settled()
  expect(passes).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(passes).toBe(2)
})

test('passes of different tasks do not overlap', async () => {
  let running = 0
  let most = 0
  const run = async () => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve, 700))
    running -= 1
  }
  schedule.start([
    { name: 'first', everyMs: 1_000, run },
    { name: 'second', everyMs: 1_000, run },
  ])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(most).toBe(1)
})

test('a pass that fails is logged by the name of its task, and the others go on', async () => {
  let passes = 0
  const fail = async () => {
    throw new Error('no metadata')
  }
  const count = async () => {
    passes += 1
  }
  schedule.start([
    { name: 'resuming jobs', everyMs: 1_000, run: fail },
    { name: 'sweep', everyMs: 1_000, run: count },
  ])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(lines).toEqual(['resuming jobs failed', 'resuming jobs failed'])
  expect(passes).toBe(2)
})
