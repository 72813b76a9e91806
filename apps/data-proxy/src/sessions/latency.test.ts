import { expect, test } from 'vitest'
import { LatencyStats } from './latency.ts'

function noted(...times: number[]): LatencyStats {
  const latencies = new LatencyStats()
  for (const ms of times) latencies.note('select', ms)
  return latencies
}

test('a statement is quick once it was seen to be', () => {
  expect(noted().isQuick('select')).toBe(false)
  expect(noted(0, 0).isQuick('select')).toBe(false)
  expect(noted(0, 0, 0).isQuick('select')).toBe(true)
  expect(noted(0, 0, 0).isQuick('another')).toBe(false)
})

test('one that takes long, or a few milliseconds each time, is not', () => {
  expect(noted(50, 50, 50).isQuick('select')).toBe(false)
  expect(noted(...Array<number>(20).fill(3)).isQuick('select')).toBe(false)
})

test('one that now and then takes long is not for a while', () => {
  const quick = Array<number>(20).fill(0)
  expect(noted(...quick, 200).isQuick('select')).toBe(false)
  expect(noted(...quick, 200, ...quick, ...quick).isQuick('select')).toBe(true)
  // A pause of our own process.
  expect(noted(...quick, 10).isQuick('select')).toBe(true)
})

test('what is remembered is bounded, and a time counts for so much', () => {
  const latencies = noted(0, 0, 0)
  for (let i = 0; i < 1_000; i++) latencies.note(String(i), 0)
  expect(latencies.isQuick('select')).toBe(false)
  const endless = noted(Number.MAX_SAFE_INTEGER, ...Array<number>(60).fill(0))
  expect(endless.isQuick('select')).toBe(true)
})
