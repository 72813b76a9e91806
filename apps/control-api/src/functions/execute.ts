/** Runs a version: its row, the run itself, and how it has ended. */
import type { RunReply, RunTrigger } from '@db9/types/functions-part'
import { ApiError } from '../errors.ts'
import type { FunctionRow, FunctionVersionRow } from '../metadata/tables.ts'
import type { FunctionCalls } from './calls.ts'
import { type CodeSpecDeps, toCodeSpec } from './code-spec.ts'
import { roleOf } from './config.ts'
import { finishRun, insertRun, pruneRuns } from './runs.ts'

export interface ExecuteDeps extends CodeSpecDeps {
  functions: FunctionCalls
  /** Milliseconds since the epoch. */
  clock: () => number
}

export interface Execution {
  row: FunctionRow
  version: FunctionVersionRow
  trigger: Exclude<RunTrigger, 'api'>
  input: unknown
  signal: AbortSignal
}

/** Who has no JWT of the database's users. */
const ROLE_WITHOUT_CALLER = 'authenticated'

/** Rejects with an `ApiError` where it was not run; the row then says so, too. */
export async function execute(
  deps: ExecuteDeps,
  { row, version, trigger, input, signal }: Execution,
): Promise<{ runId: string; reply: RunReply }> {
  const { db, functions, clock } = deps
  const code = await toCodeSpec(deps, version)
  const role = roleOf(version.config, ROLE_WITHOUT_CALLER)
  const runId = await insertRun(db, { row, version }, { trigger, role, now: clock() })
  const start = {
    run_id: runId,
    trigger_type: trigger,
    role,
    claims: null,
    timeout_ms: version.config.timeout_ms,
  }
  const reply = await functions.run({ code, start, input }, signal).catch(async (error: unknown) => {
    await finishRun(db, runId, lost(error), clock())
    throw error
  })
  await finishRun(db, runId, reply, clock())
  await pruneRuns(db, row.database_id)
  return { runId, reply }
}

function lost(error: unknown): RunReply {
  const message = error instanceof ApiError ? error.message : 'the host of functions did not answer'
  return { status: 'failed', result_json: null, error: message, logs: '', duration_ms: 0 }
}
