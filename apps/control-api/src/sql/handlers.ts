/** The route that runs SQL. */
import type { ROUTES, SqlRequest } from '@db9/types'
import { accessTo } from '../auth/caller.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { EncodedJson } from '../http/reply.ts'
import { type OwnerTaskDeps, runOwnerTask } from './owner-task.ts'
import { type Json, toParamText } from './params.ts'
import type { TextQuery } from './text-query.ts'

export type SqlDeps = OwnerTaskDeps

/** Runs the request's SQL as admin: parse → wake → one session of its own, in a worker → the results as JSON. */
const runSql: Handler<typeof ROUTES.runSql, SqlDeps> = async (deps, call) => {
  const { caller, database, body } = call
  const query = planQuery(body, accessTo(caller, database) === 'ro')
  const json = await runOwnerTask(deps, call, { kind: 'results', query }, deps.sqlLimits)
  return { status: 200, body: new EncodedJson(json) }
}

/**
 * The statement to run. A read-only token gets the extended protocol, which takes one statement only: in a READ ONLY
 * transaction it cannot end the transaction and then write.
 */
function planQuery(body: SqlRequest, readOnly: boolean): TextQuery {
  const { query, file_content, params } = body
  if (query !== undefined && file_content !== undefined) {
    throw new ApiError('invalid_request', 'query, file_content: give one of them, not both')
  }
  const text = query ?? file_content
  if (text === undefined) throw new ApiError('invalid_request', 'query: is required (or file_content)')
  const field = query === undefined ? 'file_content' : 'query'
  if (text.includes('\0')) throw new ApiError('invalid_request', `${field}: must not contain a NUL character`)
  if (params && query === undefined) throw unprocessable('params', 'go with query, not with file_content')
  const values = params?.map((value, i) => toParamText(value as Json, `params.${i}`)) ?? null
  // The body is held while the statement waits: it then holds the values once, as text.
  body.params = undefined
  return { text, params: values ?? (readOnly ? [] : null) }
}

export function sqlHandlers(deps: SqlDeps) {
  return bind(deps, { runSql })
}
