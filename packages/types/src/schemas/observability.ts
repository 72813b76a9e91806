/** Schemas of what a database is at. */
import * as z from 'zod'

const count = z.number().int().nullable()
const milliseconds = z.number().nullable()

const summary = z.object({
  window_seconds: z
    .number()
    .nullable()
    .describe('What the counts and rates below are of: 1 to 60 seconds until now'),
  statement_count: count,
  txn_commit_count: count,
  txn_rollback_count: count,
  error_count: count,
  qps: z.number().nullable().describe('Statements in a second'),
  tps: z.number().nullable().describe('Transactions that committed in a second'),
  latency_avg_ms: milliseconds,
  latency_p99_ms: milliseconds,
  active_connections: count.describe('Sessions of clients that are open'),
  database_storage_bytes: count.describe('On the disk, as the quota counts them; asleep, too'),
  fs_logical_bytes: count,
})

const sample = z.object({
  query: z.string().describe('Constants are $1, $2, …'),
  sample_count: z.number().int().describe('Times it ran since the server counts'),
  error_count: count,
  latency_avg_ms: z.number(),
  latency_p99_ms: milliseconds,
  latency_max_ms: z.number(),
  last_seen_ms_ago: count,
})

export const observability = z
  .object({
    awake: z.boolean().describe('false: it sleeps, and was not woken for this'),
    summary,
    samples: z.array(sample).describe('The 20 statements that took the most time together'),
    unavailable: z
      .record(z.string(), z.string())
      .describe('Why a figure is null, by its field; samples.… for those of samples'),
  })
  .meta({ id: 'Observability' })
