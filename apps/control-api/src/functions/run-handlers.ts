/** The routes of runs: invoke, list, show, logs, cancel. */
import { FUNCTION_LIMITS, type ROUTES } from '@db9/types'
import { requireActive } from '../databases/store.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import { execute } from './execute.ts'
import type { FunctionDeps } from './handlers.ts'
import { findRun, listRuns } from './runs.ts'
import { findFunction, findVersion } from './store.ts'
import { toRun } from './view.ts'

export interface RunDeps extends FunctionDeps {
  /** Milliseconds since the epoch. */
  clock: () => number
}

const invokeFunction: Handler<typeof ROUTES.invokeFunction, RunDeps> = async (deps, call) => {
  const { database, params, body, request } = call
  requireActive(database)
  const row = await findFunction(deps.db, database.id, params.function_id)
  if (!row.enabled) throw new ApiError('conflict', 'the function is disabled; PATCH it with enabled: true')
  const input = body.input ?? null
  if (Buffer.byteLength(JSON.stringify(input)) > FUNCTION_LIMITS.inputBytes)
    throw unprocessable('input', `must be at most ${FUNCTION_LIMITS.inputBytes} bytes`)
  const version = await findVersion(deps.db, row.id, row.active_version_id)
  const { signal } = request
  const { runId, reply } = await execute(deps, { row, version, trigger: 'invoke', input, signal })
  const { status, result_json, error } = reply
  return {
    status: 200,
    body: { run_id: runId, function_id: row.id, version_id: version.id, status, result_json, error },
  }
}

const listFunctionRuns: Handler<typeof ROUTES.listFunctionRuns, RunDeps> = async ({ db }, call) => {
  const { database, params, query } = call
  const { id } = await findFunction(db, database.id, params.function_id)
  const rows = await listRuns(db, id, { cursor: query.cursor, rows: rowsOf(query) })
  return toPage(rows, query, toRun)
}

const getFunctionRun: Handler<typeof ROUTES.getFunctionRun, RunDeps> = async ({ db }, call) => {
  const { database, params } = call
  const { id } = await findFunction(db, database.id, params.function_id)
  const run = await findRun(db, id, params.run_id)
  return { status: 200, body: { ...toRun(run), result_json: run.result_json } }
}

const getFunctionRunLogs: Handler<typeof ROUTES.getFunctionRunLogs, RunDeps> = async ({ db }, call) => {
  const { database, params } = call
  const { id } = await findFunction(db, database.id, params.function_id)
  const run = await findRun(db, id, params.run_id)
  return { status: 200, body: { run_id: run.id, logs: run.logs ?? '' } }
}

const cancelFunctionRun: Handler<typeof ROUTES.cancelFunctionRun, RunDeps> = async (deps, call) => {
  const { database, params } = call
  const { id } = await findFunction(deps.db, database.id, params.function_id)
  const run = await findRun(deps.db, id, params.run_id)
  if (!(await deps.functions.cancel(run.id)))
    throw new ApiError('conflict', 'the run is not under way', { fields: { state: run.status } })
  return { status: 200, body: { message: 'The run is being cancelled' } }
}

export function functionRunHandlers(deps: RunDeps) {
  return bind(deps, {
    invokeFunction,
    listFunctionRuns,
    getFunctionRun,
    getFunctionRunLogs,
    cancelFunctionRun,
  })
}
