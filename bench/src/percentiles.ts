/** Times that were taken one after the other, as two measures. */
import type { Measure } from './report.ts'
import { quantile } from './stats.ts'

export function percentiles(name: string, times: number[]): Measure[] {
  const sorted = [...times].sort((a, b) => a - b)
  const detail = `${sorted.length} of them, one after the other`
  return [
    { name: `${name}, p50`, unit: 'ms', value: quantile(sorted, 0.5), detail },
    { name: `${name}, p99`, unit: 'ms', value: quantile(sorted, 0.99), detail },
  ]
}
