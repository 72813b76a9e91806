/** What a database is at, as the REST API shows it. */
import type { Observability } from '@db9/types'
import type { Counters, Window } from './counters.ts'

const NOT_MEASURED = 'it is not measured'
const ASLEEP = 'the database sleeps'
const NO_WINDOW = 'the server has begun to count anew; ask again'
const NO_STATEMENTS = 'Postgres does not count statements here, or has forgotten some meanwhile'
const NONE_RAN = 'no statement ran in the window'

/** Null whatever the database does, and why. */
const NEVER = {
  error_count: 'Postgres counts transactions that rolled back, not errors',
  latency_p99_ms: NOT_MEASURED,
  fs_logical_bytes: 'databases hold no files yet',
}

const OF_SAMPLES = {
  'samples.error_count': NOT_MEASURED,
  'samples.latency_p99_ms': NOT_MEASURED,
  'samples.last_seen_ms_ago': NOT_MEASURED,
}

const NOTHING: Observability['summary'] = {
  window_seconds: null,
  statement_count: null,
  txn_commit_count: null,
  txn_rollback_count: null,
  error_count: null,
  qps: null,
  tps: null,
  latency_avg_ms: null,
  latency_p99_ms: null,
  active_connections: null,
  database_storage_bytes: null,
  fs_logical_bytes: null,
}

const STORAGE_UNKNOWN = 'its files cannot be counted now'

/** Of a database that sleeps: what its files tell. */
export function toAsleep(storageBytes: number | null): Observability {
  const summary = { ...NOTHING, database_storage_bytes: storageBytes }
  const unavailable = Object.fromEntries(
    Object.entries(summary).flatMap(([field, value]) => (value === null ? [[field, ASLEEP]] : [])),
  )
  const unknown = storageBytes === null ? { database_storage_bytes: STORAGE_UNKNOWN } : {}
  return { awake: false, summary, samples: [], unavailable: { ...unavailable, ...NEVER, ...unknown } }
}

export interface Seen {
  counters: Counters
  window: Window | null
  storageBytes: number | null
}

/** Of a database that is awake. */
export function toAwake({ counters, window, storageBytes }: Seen): Observability {
  const summary = {
    ...NOTHING,
    ...(window && ratesOf(window)),
    active_connections: counters.connections,
    database_storage_bytes: storageBytes,
  }
  return {
    awake: true,
    summary,
    samples: counters.statements.map(({ query, calls, mean_ms, max_ms }) => ({
      query,
      sample_count: calls,
      error_count: null,
      latency_avg_ms: rounded(mean_ms),
      latency_p99_ms: null,
      latency_max_ms: rounded(max_ms),
      last_seen_ms_ago: null,
    })),
    unavailable: reasonsOf(summary, window),
  }
}

function ratesOf({ seconds, commits, rollbacks, statements }: Window): Partial<Observability['summary']> {
  return {
    window_seconds: rounded(seconds),
    txn_commit_count: commits,
    txn_rollback_count: rollbacks,
    tps: rounded(commits / seconds),
    ...(statements && {
      statement_count: statements.count,
      qps: rounded(statements.count / seconds),
      latency_avg_ms: statements.averageMs === null ? null : rounded(statements.averageMs),
    }),
  }
}

function reasonsOf(summary: Observability['summary'], window: Window | null): Record<string, string> {
  const reasonFor = (field: string): string => {
    if (field in NEVER) return NEVER[field as keyof typeof NEVER]
    if (field === 'database_storage_bytes') return STORAGE_UNKNOWN
    if (window === null) return NO_WINDOW
    return window.statements?.count === 0 ? NONE_RAN : NO_STATEMENTS
  }
  const missing = Object.entries(summary).flatMap(([field, value]) => (value === null ? [field] : []))
  return { ...Object.fromEntries(missing.map((field) => [field, reasonFor(field)])), ...OF_SAMPLES }
}

/** To the microsecond. */
const rounded = (value: number) => Math.round(value * 1000) / 1000
