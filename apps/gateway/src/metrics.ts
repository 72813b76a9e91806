/**
 * Counts requests by outcome: in each isolate for Prometheus, and as data points for Analytics Engine where that is bound.
 * Labels come from fixed sets, never from a request.
 */

import type { Config } from './config.ts'

/** The kinds of requests that are counted apart. `rest`, `functions` and `preflight` are of the data plane; `other` is everything else. */
export type RouteKind = 'rest' | 'functions' | 'preflight' | 'other'

interface Series {
  labels: string
  requests: number
}

/** Requests by duration: each bucket counts those up to its bound, and the last one those beyond all bounds. */
interface Durations {
  buckets: number[]
  sumMs: number
}

export interface Outcome {
  route: RouteKind
  method: string
  status: number
  /** PostgREST's or our own error code; empty where there is none. */
  code: string
  durationMs: number
}

/** Upper bounds of the histogram, milliseconds. */
const BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000]
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** How many series there are at most. SQL may raise any code; further codes are counted as `other`. */
const MAX_SERIES = 500
const CODE = /^(PGRST|DB9)[0-9A-Z]{1,4}$|^[0-9A-Z]{5}$/

export class Metrics {
  /** By the labels of an outcome. */
  readonly #series = new Map<string, Series>()
  readonly #durations = new Map<RouteKind, Durations>()

  count({ route, method, status, code, durationMs }: Outcome): void {
    const series =
      this.#series.get(nameOf(route, method, status, code)) ?? this.#seriesOf(route, method, status, code)
    series.requests++
    const durations = this.#durations.get(route) ?? {
      buckets: Array<number>(BOUNDS.length + 1).fill(0),
      sumMs: 0,
    }
    this.#durations.set(route, durations)
    let bucket = 0
    while (durationMs > (BOUNDS[bucket] ?? Infinity)) bucket++
    durations.buckets[bucket] = (durations.buckets[bucket] ?? 0) + 1
    durations.sumMs += durationMs
  }

  #seriesOf(route: RouteKind, method: string, status: number, code: string): Series {
    const knownMethod = METHODS.has(method) ? method : 'other'
    const knownCode = code === '' || CODE.test(code) ? code : 'other'
    const name = nameOf(route, knownMethod, status, knownCode)
    const known = this.#series.get(name)
    if (known) return known
    if (this.#series.size >= MAX_SERIES && knownCode !== 'other')
      return this.#seriesOf(route, method, status, 'other')
    const labels = `route="${route}",method="${knownMethod}",status="${status}",code="${knownCode}"`
    const series = { labels, requests: 0 }
    this.#series.set(name, series)
    return series
  }

  /** Prometheus' text format, version 0.0.4. */
  toText(): string {
    const lines = ['# HELP db9_requests_total Requests by outcome.', '# TYPE db9_requests_total counter']
    for (const { labels, requests } of this.#series.values())
      lines.push(`db9_requests_total{${labels}} ${requests}`)
    lines.push(
      '# HELP db9_request_seconds Time to the head of the reply.',
      '# TYPE db9_request_seconds histogram',
    )
    for (const [route, { buckets, sumMs }] of this.#durations) {
      let count = 0
      for (const [i, bucket] of buckets.entries()) {
        count += bucket
        const bound = BOUNDS[i]
        const le = bound === undefined ? '+Inf' : bound / 1000
        lines.push(`db9_request_seconds_bucket{route="${route}",le="${le}"} ${count}`)
      }
      lines.push(`db9_request_seconds_sum{route="${route}"} ${sumMs / 1000}`)
      lines.push(`db9_request_seconds_count{route="${route}"} ${count}`)
    }
    return `${lines.join('\n')}\n`
  }
}

function nameOf(route: RouteKind, method: string, status: number, code: string): string {
  return `${route} ${method} ${status} ${code}`
}

/** Counts the outcome of a request. */
export function noteOutcome(
  { metrics, config }: { metrics: Metrics; config: Pick<Config, 'analytics'> },
  outcome: Outcome,
): void {
  metrics.count(outcome)
  const { route, method, status, code, durationMs } = outcome
  config.analytics?.writeDataPoint({
    indexes: [route],
    blobs: [route, method, String(status), code],
    doubles: [durationMs],
  })
}
