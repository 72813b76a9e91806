/** The route that runs SQL. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES, SqlRequest } from '@db9/types'
import { accessTo } from '../auth/caller.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import type { SqlLimits } from '../config.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { EncodedJson } from '../http/reply.ts'
import { toApiError } from './errors.ts'
import { type Json, toParamText } from './params.ts'
import type { SqlQueue } from './queue.ts'
import type { TextQuery } from './text-query.ts'
import { wake } from './wake.ts'
import { type HoldDeps, runWithoutRoles } from './without-roles.ts'
import type { SessionRun } from './worker.ts'

export interface SqlDeps extends HoldDeps {
  engine: Pick<DatabaseEngine, 'connect' | 'holdRoles'>
  sqlLimits: SqlLimits
  sqlQueue: SqlQueue
  tokenUses: TokenUses
}

/** Runs the request's SQL as admin: parse → wake → one session of its own, in a worker → the results as JSON. */
const runSql: Handler<typeof ROUTES.runSql, SqlDeps> = async (deps, { caller, database, body, request }) => {
  const access = accessTo(caller, database.id)
  const readOnly = access === 'ro'
  const query = planQuery(body, readOnly)
  requireActive(database)
  const limits = deps.sqlLimits

  const { customerId: account } = caller
  return deps.tokenUses.whileValid(caller, request, (signal) =>
    deps.sqlQueue.run({ databaseId: database.id, account }, signal, async () => {
      const { address, database: name, logins, storage } = await wake(deps.engine, database.id)
      const { statementTimeoutMs, maxRows, maxBytes, accountBytes } = limits
      const options = {
        ...{ address, database: name, logins, readOnly, isOurs: false },
        ...{ statementTimeoutMs, maxRows, maxBytes },
      }
      const run: SessionRun = { task: { kind: 'results', query }, options, account, accountBytes }
      const outcome =
        access === 'rw'
          ? await runWithoutRoles(deps, database.id, run, signal)
          : await deps.sqlWorkers.run(run, signal)
      if (outcome.kind !== 'reply') throw toApiError(outcome, { readOnly, limits, storage })
      return { status: 200, body: new EncodedJson(outcome.json) } as const
    }),
  )
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
