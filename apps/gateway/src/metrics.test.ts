/** The counters of requests, as Prometheus reads them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Metrics } from './metrics.ts'

const ok = { route: 'rest', method: 'GET', status: 200, code: '', durationMs: 3 } as const

test('requests are counted by outcome and timed by route', () => {
  const metrics = new Metrics()
  metrics.count(ok)
  metrics.count({ ...ok, durationMs: 30 })
  metrics.count({ ...ok, status: 429, code: 'DB9031' })
  const text = metrics.toText()
  expect(text).toContain('db9_requests_total{route="rest",method="GET",status="200",code=""} 2\n')
  expect(text).toContain('db9_requests_total{route="rest",method="GET",status="429",code="DB9031"} 1\n')
  expect(text).toContain('db9_request_seconds_bucket{route="rest",le="0.005"} 2\n')
  expect(text).toContain('db9_request_seconds_bucket{route="rest",le="+Inf"} 3\n')
  expect(text).toContain('db9_request_seconds_sum{route="rest"} 0.036\n')
})

test('the number of series is bounded, and no text of a request or of SQL is in a label', () => {
  const metrics = new Metrics()
  const outcome = fc.record({
    method: fc.string(),
    code: fc.string(),
    status: fc.integer({ min: 200, max: 599 }),
  })
  fc.assert(
    fc.property(outcome, (odd) => metrics.count({ ...ok, ...odd })),
    { numRuns: 5_000 },
  )
  for (let n = 0; n < 5_000; n++) metrics.count({ ...ok, status: 400, code: String(10_000 + n) })
  const series = metrics.toText().match(/^db9_requests_total\{.*$/gm) ?? []
  expect(series.length).toBeLessThan(1_000)
  for (const line of series)
    expect(line).toMatch(/^db9_requests_total\{route="rest",method="\w+",status="\d+",code="\w*"\} \d+$/)
})
