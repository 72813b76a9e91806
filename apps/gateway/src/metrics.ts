/**
 * What happened to requests, counted by outcome: in each isolate for Prometheus, and as data points for Analytics Engine
 * where that is bound. Labels come from fixed sets, never from what a caller sends.
 */

import type { Isolate } from './isolate.ts'

/** How a request was told apart: `rest` and `preflight` are the data plane, `other` the rest. */
export type RouteKind = 'rest' | 'preflight' | 'other'

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
/** SQL may raise any code; of those, the counters know so many and call the rest `other`. */
const MAX_SERIES = 500
const CODE = /^(PGRST|DB9)[0-9A-Z]{1,4}$|^[0-9A-Z]{5}$/

export class Metrics {
  readonly #requests = new Map<string, number>()
  readonly #durations = new Map<RouteKind, { buckets: number[]; sumMs: number; count: number }>()

  count({ route, method, status, code, durationMs }: Outcome): void {
    const known = CODE.test(code) ? code : code === '' ? '' : 'other'
    const labels = seriesOf(route, method, status, known)
    const hasPlace = this.#requests.has(labels) || this.#requests.size < MAX_SERIES
    const series = hasPlace ? labels : seriesOf(route, method, status, 'other')
    this.#requests.set(series, (this.#requests.get(series) ?? 0) + 1)
    this.#time(route, durationMs)
  }

  #time(route: RouteKind, durationMs: number): void {
    const found = this.#durations.get(route) ?? { buckets: BOUNDS.map(() => 0), sumMs: 0, count: 0 }
    this.#durations.set(route, found)
    found.count++
    found.sumMs += durationMs
    for (const [i, bound] of BOUNDS.entries())
      if (durationMs <= bound) found.buckets[i] = (found.buckets[i] ?? 0) + 1
  }

  /** Prometheus' text format, version 0.0.4. */
  toText(): string {
    const lines = ['# HELP db9_requests_total Requests by outcome.', '# TYPE db9_requests_total counter']
    for (const [labels, value] of this.#requests) lines.push(`db9_requests_total{${labels}} ${value}`)
    lines.push(
      '# HELP db9_request_seconds Time to the head of the reply.',
      '# TYPE db9_request_seconds histogram',
    )
    for (const [route, { buckets, sumMs, count }] of this.#durations) {
      for (const [i, bound] of BOUNDS.entries()) {
        lines.push(`db9_request_seconds_bucket{route="${route}",le="${bound / 1000}"} ${buckets[i]}`)
      }
      lines.push(`db9_request_seconds_bucket{route="${route}",le="+Inf"} ${count}`)
      lines.push(`db9_request_seconds_sum{route="${route}"} ${sumMs / 1000}`)
      lines.push(`db9_request_seconds_count{route="${route}"} ${count}`)
    }
    return `${lines.join('\n')}\n`
  }
}

function seriesOf(route: RouteKind, method: string, status: number, code: string): string {
  const known = METHODS.has(method) ? method : 'other'
  return `route="${route}",method="${known}",status="${status}",code="${code}"`
}

/** Counts what became of a request, and gives its response back. */
export function noteOutcome(
  { metrics, config }: Isolate,
  {
    route,
    request,
    response,
    durationMs,
  }: { route: RouteKind; request: Request; response: Response; durationMs: number },
): Response {
  const { method } = request
  const { status } = response
  const code = codeOf(response)
  metrics.count({ route, method, status, code, durationMs })
  config.analytics?.writeDataPoint({
    indexes: [route],
    blobs: [route, method, String(status), code],
    doubles: [durationMs],
  })
  return response
}

/** The code of an error reply, which `Proxy-Status` carries for HEAD's sake; empty for others. */
export function codeOf(response: Response): string {
  if (response.status < 400) return ''
  return /error=([0-9A-Za-z]+)/.exec(response.headers.get('proxy-status') ?? '')?.[1] ?? ''
}
