/** Says why a request's SQL gave no result. */
import type { RunningDatabase } from '@db9/engine'
import type { SqlLimits } from '../config.ts'
import { ApiError } from '../errors.ts'
import { hintFor } from './hints.ts'
import type { Outcome, SqlError } from './outcome.ts'
import type { CutReason } from './session.ts'

/** COPY needs a protocol that HTTP is not. */
export function copyRefused(direction: 'in' | 'out'): ApiError {
  const instead = direction === 'in' ? 'use INSERT, or \\copy in psql' : 'use SELECT, or \\copy in psql'
  const form = direction === 'in' ? 'COPY … FROM STDIN' : 'COPY … TO STDOUT'
  return new ApiError('invalid_request', `query: ${form} is not available here; ${instead}`)
}

/** SQLSTATEs that the server caused, not the statement: it may be sent again later. */
const UNAVAILABLE = /^(08[^P]|53[34]|57P)/
const READ_ONLY_VIOLATION = '25006'
const INSUFFICIENT_PRIVILEGE = '42501'

const FREE_SPACE =
  'The database is over its disk quota: free space in a transaction that says BEGIN READ WRITE.'

export interface Circumstances {
  readOnly: boolean
  limits: SqlLimits
  storage: RunningDatabase['storage']
}

/** What the caller is told of SQL that gave no result. */
export function toApiError(
  outcome: Exclude<Outcome, { kind: 'reply' }>,
  { readOnly, limits, storage }: Circumstances,
): ApiError {
  switch (outcome.kind) {
    case 'copy':
      return copyRefused(outcome.direction)
    case 'transaction_open':
      return new ApiError(
        'unprocessable',
        'query: ends inside a transaction, so nothing of it was kept: end it with COMMIT in the same request',
      )
    case 'cut':
      return toCutError(outcome.reason, limits)
    case 'login_changed':
      return new ApiError(
        'unavailable',
        'SQL in the database goes on changing a login of the service; end its sessions and try again in a few seconds',
        { retryAfter: 5 },
      )
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
  error: SqlError,
  { readOnly, storage }: Pick<Circumstances, 'readOnly' | 'storage'>,
): ApiError {
  const { message, code, position, place, detail, schema, table, column, constraint } = error
  const hint = storage !== 'ok' && code === READ_ONLY_VIOLATION ? FREE_SPACE : hintFor(error)
  const fields = {
    code,
    ...(position !== undefined && { position: Number(position) }),
    ...place,
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
    ...(schema !== undefined && { schema }),
    ...(table !== undefined && { table }),
    ...(column !== undefined && { column }),
    ...(constraint !== undefined && { constraint }),
  }
  if (readOnly && (code === READ_ONLY_VIOLATION || code === INSUFFICIENT_PRIVILEGE)) {
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
