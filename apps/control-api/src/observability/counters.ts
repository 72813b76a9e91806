/** The counters of a server, and what two readings of them say of the time between. */
import * as z from 'zod'
import type { TextQuery } from '../sql/text-query.ts'

const MOST_STATEMENTS = 20
const MOST_TEXT = 2_000

/** Sums of pg_stat_statements without what the service itself ran as superuser (oid 10). */
const STATEMENTS = `
  select * from extensions.pg_stat_statements where userid <> 10`

const counters = (statements: string) => `
select json_build_object(
  'connections', (select count(*) from pg_stat_activity
                   where backend_type = 'client backend' and usesysid <> 10 and pid <> pg_backend_pid()),
  'commits', (select sum(xact_commit)::int8 from pg_stat_database),
  'rollbacks', (select sum(xact_rollback)::int8 from pg_stat_database),
  ${statements})`

/** Reads all counters; fails with 42P01 where the owner has renamed the schema of pg_stat_statements away. */
export const COUNTERS_SQL: TextQuery = {
  text: counters(`
  'calls', (select coalesce(sum(calls), 0)::int8 from (${STATEMENTS}) s),
  'exec_ms', (select coalesce(sum(total_exec_time), 0) from (${STATEMENTS}) s),
  'statements', (select coalesce(json_agg(item), '[]') from (
      select json_build_object('query', left(query, ${MOST_TEXT}), 'calls', sum(calls)::int8,
               'mean_ms', sum(total_exec_time) / sum(calls), 'max_ms', max(max_exec_time)) as item
        from (${STATEMENTS}) s where calls > 0
       group by query order by sum(total_exec_time) desc limit ${MOST_STATEMENTS}) page)`),
  params: [],
}

export const COUNTERS_WITHOUT_STATEMENTS_SQL: TextQuery = {
  text: counters(`'calls', null, 'exec_ms', null, 'statements', json_build_array()`),
  params: [],
}

const natural = z.number().int().nonnegative()
const time = z.number().nonnegative()

export const countersSchema = z.object({
  connections: natural,
  commits: natural,
  rollbacks: natural,
  calls: natural.nullable(),
  exec_ms: time.nullable(),
  statements: z.array(z.object({ query: z.string(), calls: natural, mean_ms: time, max_ms: time })),
})

export type Counters = z.output<typeof countersSchema>

/** Counters as they were at a moment of one run of the server. */
export interface Reading {
  /** Milliseconds since the epoch. */
  at: number
  epoch: string
  counters: Counters
}

export interface Window {
  seconds: number
  commits: number
  rollbacks: number
  /** Null where Postgres has forgotten statements meanwhile, or does not count them. */
  statements: { count: number; averageMs: number | null } | null
}

/** What happened between two readings; null where a counter went back: the server counts anew. */
export function windowBetween(earlier: Reading, later: Reading): Window | null {
  const [before, after] = [earlier.counters, later.counters]
  const commits = after.commits - before.commits
  const rollbacks = after.rollbacks - before.rollbacks
  if (earlier.epoch !== later.epoch || commits < 0 || rollbacks < 0) return null
  return {
    seconds: (later.at - earlier.at) / 1000,
    commits,
    rollbacks,
    statements: statementsBetween(before, after),
  }
}

function statementsBetween(before: Counters, after: Counters): Window['statements'] {
  if (before.calls === null || after.calls === null) return null
  const count = after.calls - before.calls
  const ms = (after.exec_ms ?? 0) - (before.exec_ms ?? 0)
  if (count < 0 || ms < 0) return null
  return { count, averageMs: count === 0 ? null : ms / count }
}
