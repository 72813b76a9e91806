/** Runs of functions: their rows, from before they begin until they are removed. */
import { FUNCTION_LIMITS } from '@db9/types'
import type { FinishedRun, RunReply, RunStart } from '@db9/types/functions-part'
import { isId, newId } from '@db9/types/ids'
import { type Kysely, sql } from 'kysely'
import { ApiError } from '../errors.ts'
import type { FunctionRow, FunctionRunRow, FunctionVersionRow, Tables } from '../metadata/tables.ts'

/** How long after its time a run that has not ended counts as lost. */
const LEASE_SLACK_MS = 60_000
const KEPT_MS = 30 * 86_400_000
/** Of all runs of a database: what they returned and wrote. */
const MOST_RUN_BYTES = 32 * 2 ** 20
/** After so many runs of this process the oldest are removed. */
const PRUNE_EVERY = 50

const LISTED = [
  'id',
  'function_id',
  'version_id',
  'trigger_type',
  'status',
  'run_as',
  'attempt',
  'created_at',
  'started_at',
  'finished_at',
  'duration_ms',
  'error',
] as const

export interface RunTarget {
  row: Pick<FunctionRow, 'id' | 'database_id'>
  version: Pick<FunctionVersionRow, 'id' | 'config'>
}

/** Writes the row of a run that begins now. */
export async function insertRun(
  db: Kysely<Tables>,
  { row, version }: RunTarget,
  { trigger, role, now }: { trigger: RunStart['trigger_type']; role: string; now: number },
): Promise<string> {
  const id = newId('run', now)
  await db
    .insertInto('function_runs')
    .values({
      id,
      function_id: row.id,
      database_id: row.database_id,
      version_id: version.id,
      trigger_type: trigger,
      status: 'running',
      run_as: role,
      attempt: 1,
      lease_until: new Date(now + version.config.timeout_ms + LEASE_SLACK_MS),
      created_at: new Date(now),
      started_at: new Date(now),
    })
    .execute()
  return id
}

/** A run that was due while the one before it went on. */
export async function insertSkippedRun(
  db: Kysely<Tables>,
  { row, version }: RunTarget,
  now: number,
): Promise<void> {
  const at = new Date(now)
  await db
    .insertInto('function_runs')
    .values({
      id: newId('run', now),
      function_id: row.id,
      database_id: row.database_id,
      version_id: version.id,
      trigger_type: 'cron',
      status: 'skipped',
      run_as: version.config.run_as ?? 'authenticated',
      attempt: 1,
      lease_until: at,
      error: 'the run before it went on',
      finished_at: at,
      created_at: at,
    })
    .execute()
}

/** Whether a scheduled run of the function goes on. */
export async function isUnderWay(db: Kysely<Tables>, functionId: string): Promise<boolean> {
  const row = await db
    .selectFrom('function_runs')
    .select('id')
    .where('function_id', '=', functionId)
    .where('trigger_type', '=', 'cron')
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst()
  return row !== undefined
}

/** Writes how a run has ended; one that has ended already stays as it is. */
export async function finishRun(
  db: Kysely<Tables>,
  id: string,
  { status, result_json, error, logs, duration_ms }: RunReply,
  now: number,
): Promise<void> {
  await db
    .updateTable('function_runs')
    .set({
      status,
      // Postgres stores no NUL, neither as a character nor as an escape of JSON in text: this is text.
      result_json: result_json?.replaceAll('\0', '') ?? null,
      error: error?.replaceAll('\0', '').slice(0, 4_000) ?? null,
      logs,
      duration_ms,
      finished_at: new Date(now),
    })
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'running'])
    .execute()
}

/** A run of a function; 404 where it has none of this id. */
export async function findRun(
  db: Kysely<Tables>,
  functionId: string,
  runId: string,
): Promise<FunctionRunRow> {
  const row = isId('run', runId)
    ? await db
        .selectFrom('function_runs')
        .selectAll()
        .where('id', '=', runId)
        .where('function_id', '=', functionId)
        .executeTakeFirst()
    : undefined
  if (!row) throw new ApiError('not_found', 'run not found')
  return row
}

/** The newest first, without what they returned and wrote. */
export function listRuns(
  db: Kysely<Tables>,
  functionId: string,
  { cursor, rows }: { cursor: string | undefined; rows: number },
) {
  const all = db.selectFrom('function_runs').select(LISTED).where('function_id', '=', functionId)
  const from = cursor === undefined ? all : all.where('id', '<', cursor)
  return from.orderBy('id', 'desc').limit(rows).execute()
}

/** Ends the rows of all runs, whose API has ended. */
export async function endLostRuns(db: Kysely<Tables>, now: number): Promise<void> {
  await endRuns(db, now).execute()
}

function endRuns(db: Kysely<Tables>, now: number) {
  return db
    .updateTable('function_runs')
    .set({ status: 'failed', error: 'the service ended while it ran', finished_at: new Date(now) })
    .where('status', 'in', ['queued', 'running'])
}

/** Ends the rows of runs whose host has ended, and removes what is old or too much. */
export async function sweepRuns(db: Kysely<Tables>, now: number): Promise<void> {
  await endRuns(db, now).where('lease_until', '<', new Date(now)).execute()
  await db
    .deleteFrom('function_runs')
    .where('created_at', '<', new Date(now - KEPT_MS))
    .where('status', 'not in', ['queued', 'running'])
    .execute()
}

/** Keeps a run that has ended already; nothing where its function is gone. */
export async function keepRun(db: Kysely<Tables>, run: FinishedRun): Promise<void> {
  const startedAt = new Date(run.started_at)
  const values = {
    id: run.run_id,
    function_id: run.function_id,
    database_id: run.database_id,
    version_id: run.version_id,
    trigger_type: 'api',
    status: 'running',
    run_as: run.role,
    attempt: 1,
    lease_until: startedAt,
    created_at: startedAt,
    started_at: startedAt,
  } as const
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('functions')
      .select('id')
      .where('id', '=', run.function_id)
      .forKeyShare()
      .executeTakeFirst()
    if (!row) return
    await trx
      .insertInto('function_runs')
      .values(values)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await finishRun(trx, run.run_id, run, run.started_at + run.duration_ms)
  })
  await pruneRuns(db, run.database_id)
}

let finished = 0

/** From time to time removes the oldest runs of a database beyond what is kept. */
export async function pruneRuns(db: Kysely<Tables>, databaseId: string): Promise<void> {
  finished += 1
  if (finished % PRUNE_EVERY !== 0) return
  await sql`
    delete from function_runs where id in (
      select id from (
        select id, status,
               row_number() over (partition by function_id order by id desc) as place,
               sum(coalesce(octet_length(result_json), 0) + coalesce(octet_length(logs), 0)) over (order by id desc) as bytes
          from function_runs where database_id = ${databaseId}) runs
       where (place > ${FUNCTION_LIMITS.runs} or bytes > ${MOST_RUN_BYTES}) and status not in ('queued', 'running'))`.execute(
    db,
  )
}
