/** What an executor does: it sends a batch of statements to Postgres, and gives one row back, in one round trip. */
import { isConnectionException, isServerUnavailable, SQLSTATE } from '@db9/postgres/sqlstate'
import type { Batch, PostgresFields, QueryError } from '@db9/query'
import type { DataLogin } from '@db9/types/internal'
import type { StreamedText } from '../http/outgoing-body.ts'
import { refusals } from '../http/refusals.ts'

export type Row = readonly (string | null)[]

/**
 * Stands in a row for the text of a column that comes as bytes or as a stream. Postgres has no text with a NUL, so it
 * never prints this value itself.
 */
export const STREAMED_BODY = '\0'

export interface Executed {
  /** Values as Postgres prints them. */
  row: Row
  /** The text that `STREAMED_BODY` stands for: bytes of a shared call, or a stream that is to be passed on or cancelled. */
  rest: StreamedText | Uint8Array<ArrayBuffer> | null
}

export interface RunOptions {
  login: DataLogin
  timeoutMs: number
  /** The column that may come as bytes or a stream, so that it is not read here; null for none. */
  streamedColumn: number | null
  /** For the data proxy's log. */
  requestId: string
  /** Keeps the request alive for the followers of its call, should its client leave. */
  waitUntil(work: Promise<unknown>): void
}

export interface Executor {
  /**
   * Runs the batch as one transaction and gives the first row of its last statement. Throws a `PostgresError` where
   * Postgres reports one, and a `QueryError` where the batch does not reach Postgres.
   */
  run(databaseId: string, batch: Batch, options: RunOptions): Promise<Executed>
}

export class PostgresError extends Error {
  readonly fields: PostgresFields

  constructor(fields: PostgresFields) {
    super(fields.message)
    this.name = 'PostgresError'
    this.fields = fields
  }
}

/** The gateway's own login was refused, or found no free connection: the caller cannot change that. */
const LOGIN_REFUSED: ReadonlySet<string> = new Set([
  SQLSTATE.tooManyConnections,
  SQLSTATE.invalidAuthorization,
  SQLSTATE.invalidPassword,
  SQLSTATE.unknownDatabase,
])

function isNotReached(code: string): boolean {
  return isConnectionException(code) || isServerUnavailable(code) || LOGIN_REFUSED.has(code)
}

/** The error to throw for one that the data proxy reports. An error without an SQLSTATE is a fault of ours. */
export function toExecuteError(fields: PostgresFields): Error {
  const { code, message, where } = fields
  if (!code) return new Error(message)
  // What has a context comes from inside a statement: a function may raise any code, such as 28P01 for a wrong password.
  return isNotReached(code) && !where ? refusals.databaseUnavailable() : new PostgresError(fields)
}

const STATUS_REFUSALS: Record<number, () => QueryError> = {
  413: refusals.batchTooLarge,
  429: refusals.databaseBusy,
  500: refusals.databaseUnavailable,
  502: refusals.databaseUnavailable,
  503: refusals.databaseUnavailable,
  504: refusals.databaseUnavailable,
  507: refusals.responseTooLarge,
}

/** The error to throw for a status of the data proxy other than 200 and 400. */
export function toStatusError(status: number): Error {
  return STATUS_REFUSALS[status]?.() ?? new Error(`the data proxy answered ${status}`)
}
