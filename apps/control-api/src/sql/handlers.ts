/** The route that runs SQL. */
import { type DatabaseEngine, EngineError, type RunningDatabase } from '@db9/engine'
import type { ROUTES, SqlRequest } from '@db9/types'
import { accessTo } from '../auth/caller.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import type { SqlLimits } from '../config.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { EncodedJson } from '../http/reply.ts'
import type { Outcome, SqlError } from './outcome.ts'
import { type Json, toParamText } from './params.ts'
import type { Places, SqlQueue } from './queue.ts'
import type { CutReason } from './session.ts'
import type { TextQuery } from './text-query.ts'
import type { StatementRun } from './worker.ts'
import type { SqlWorkers } from './workers.ts'

export interface SqlDeps {
  engine: Pick<DatabaseEngine, 'connect' | 'holdRoles'>
  sqlLimits: SqlLimits
  sqlQueue: SqlQueue
  sqlWorkers: SqlWorkers
  tokenUses: TokenUses
  /** Places of statements that hold a database's roles. */
  roleHolds: Places
}

/** Runs the request's SQL as admin: parse → wake → one session of its own, in a worker → the results as JSON. */
const runSql: Handler<typeof ROUTES.runSql, SqlDeps> = async (deps, { caller, database, body, request }) => {
  const access = accessTo(caller, database.id)
  const readOnly = access === 'ro'
  const query = planQuery(body, readOnly)
  requireActive(database)
  const limits = deps.sqlLimits

  const { customerId: account } = caller
  const use = deps.tokenUses.begin(caller.tokenId)
  const signal = AbortSignal.any([request.signal, use.signal])
  try {
    return await deps.sqlQueue.run({ databaseId: database.id, account }, signal, async () => {
      const { address, database: name, logins, storage } = await wake(deps.engine, database.id)
      const { statementTimeoutMs, maxRows, maxBytes, accountBytes } = limits
      const options = { address, database: name, logins, readOnly, statementTimeoutMs, maxRows, maxBytes }
      const run = { query, options, account, accountBytes }
      const outcome =
        access === 'rw'
          ? await runWithoutRoles(deps, database.id, run, signal)
          : await deps.sqlWorkers.run(run, signal)
      if (outcome.kind !== 'reply') throw toApiError(outcome, { readOnly, limits, storage })
      return { status: 200, body: new EncodedJson(outcome.json) } as const
    })
  } catch (error) {
    if (use.signal.aborted) throw new ApiError('unauthorized', 'the token was revoked', { cause: error })
    throw error
  } finally {
    use.end()
  }
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

/**
 * Runs a statement of a read-write token. No role, password or membership can change meanwhile, since it would outlive the
 * token (docs/decisions/0013).
 */
async function runWithoutRoles(
  { engine, sqlWorkers, roleHolds }: SqlDeps,
  databaseId: string,
  run: StatementRun,
  signal: AbortSignal,
): Promise<Outcome> {
  return roleHolds(databaseId, signal, async () => {
    const hold = await engine.holdRoles(databaseId).catch(toUnavailable)
    let isRefused = false
    let outcome: Outcome
    try {
      outcome = await sqlWorkers.run(run, signal, hold.watch)
    } finally {
      isRefused = (await hold.release().catch(toUnavailable)).isRefused
    }
    if (!isRefused) return outcome
    throw new ApiError(
      'forbidden',
      'a read-write token cannot create or change roles, their passwords or memberships, nor VACUUM or ANALYZE all tables at once; use a token of the whole account',
    )
  })
}

async function wake(engine: SqlDeps['engine'], databaseId: string): Promise<RunningDatabase> {
  const running = await connect(engine, databaseId)
  if (running.storage !== 'closed') return running
  throw new ApiError(
    'unavailable',
    'the database is over its disk quota, and its sessions went on writing; try again in a moment',
    { fields: { code: '53100' }, retryAfter: 2 },
  )
}

async function connect(engine: SqlDeps['engine'], databaseId: string): Promise<RunningDatabase> {
  try {
    return await engine.connect(databaseId)
  } catch (error) {
    return toUnavailable(error)
  }
}

function toUnavailable(error: unknown): never {
  if (!(error instanceof EngineError)) throw error
  if (error.code === 'at_capacity') throw new ApiError('at_capacity', error.message, { retryAfter: 2 })
  throw new ApiError('unavailable', 'the database does not answer', { retryAfter: 2, cause: error })
}

function copyRefused(direction: 'in' | 'out'): ApiError {
  const instead = direction === 'in' ? 'use INSERT, or \\copy in psql' : 'use SELECT, or \\copy in psql'
  const form = direction === 'in' ? 'COPY … FROM STDIN' : 'COPY … TO STDOUT'
  return new ApiError('invalid_request', `query: ${form} is not available here; ${instead}`)
}

/** SQLSTATEs that the server caused, not the statement: it may be sent again later. */
const UNAVAILABLE = /^(08[^P]|53[34]|57P)/
const READ_ONLY_VIOLATION = '25006'

const FREE_SPACE =
  'The database is over its disk quota: free space in a transaction that says BEGIN READ WRITE.'

interface Circumstances {
  readOnly: boolean
  limits: SqlLimits
  storage: RunningDatabase['storage']
}

function toApiError(
  outcome: Exclude<Outcome, { kind: 'reply' }>,
  { readOnly, limits, storage }: Circumstances,
): ApiError {
  switch (outcome.kind) {
    case 'copy':
      return copyRefused(outcome.direction)
    case 'cut':
      return toCutError(outcome.reason, limits)
    case 'failed':
      return toSqlError(outcome.error, { readOnly, storage })
    case 'too_large':
      return new ApiError('result_too_large', 'the result is too large or nested too deeply')
    case 'lost':
      return new ApiError('unavailable', 'the connection to the database was lost', {
        retryAfter: 2,
        cause: new Error(outcome.message),
      })
  }
}

function toSqlError(
  { message, code, position, detail, hint: own }: SqlError,
  { readOnly, storage }: Pick<Circumstances, 'readOnly' | 'storage'>,
): ApiError {
  const hint = storage !== 'ok' && code === READ_ONLY_VIOLATION ? FREE_SPACE : own
  const fields = {
    code,
    ...(position !== undefined && { position: Number(position) }),
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
  }
  if (readOnly && code === READ_ONLY_VIOLATION) {
    return new ApiError('forbidden', `the token is read-only for this database: ${message}`, { fields })
  }
  if (UNAVAILABLE.test(code)) return new ApiError('unavailable', message, { fields, retryAfter: 2 })
  return new ApiError('sql_failed', message, { fields })
}

function toCutError(reason: CutReason, limits: SqlLimits): ApiError {
  const tooLarge = (what: string) =>
    new ApiError('result_too_large', `the result has more than ${what}; the statement was cancelled`, {
      fields: { hint: 'Add a LIMIT, select fewer columns, or use the connection string.' },
    })
  switch (reason) {
    case 'too_many_rows':
      return tooLarge(`${limits.maxRows} rows`)
    case 'too_many_bytes':
      return tooLarge(`${limits.maxBytes} bytes`)
    case 'account_bytes':
      return new ApiError(
        'rate_limited',
        `the results of your statements that run take more than ${limits.accountBytes} bytes together; the statement was cancelled`,
        { retryAfter: 1 },
      )
    case 'timeout':
      return new ApiError('sql_failed', 'canceling statement due to statement timeout', {
        fields: { code: '57014' },
      })
    case 'client_gone':
      return new ApiError('unavailable', 'the client went away')
  }
}

export function sqlHandlers(deps: SqlDeps) {
  return bind(deps, { runSql })
}
