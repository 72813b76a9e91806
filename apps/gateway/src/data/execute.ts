/** Statements to Postgres and one row back, in one round trip. */
import { isConnectionException, isServerUnavailable, SQLSTATE } from '@db9/postgres/sqlstate'
import type { Batch, PostgresFields, QueryError } from '@db9/query'
import type { StreamedText } from '../outgoing-body.ts'
import { refusals } from '../refusals.ts'

export type Row = readonly (string | null)[]

/**
 * Stands in a row for the text of a column that is still on its way. Postgres has no text with a NUL, so nothing that
 * it prints is taken for it.
 */
export const ON_ITS_WAY = '\0'

export interface Executed {
  /** Values as Postgres prints them. */
  row: Row
  /** The text that `ON_ITS_WAY` stands for: bytes that came with others', or a stream to be handed on or cancelled. */
  rest: StreamedText | Uint8Array<ArrayBuffer> | null
}

export interface RunOptions {
  timeoutMs: number
  /** The column that may come as bytes or a stream, so that a reply passes through without being read here; null for none. */
  streamedColumn: number | null
  /** For the data proxy's log. */
  requestId: string
  /** Keeps the request alive for others that wait for what it asked, should its client leave. */
  waitUntil(work: Promise<unknown>): void
}

export interface Executor {
  /**
   * Runs the batch as one transaction and gives the first row of its last statement. Throws `PostgresError` for what
   * Postgres reports, a `QueryError` for what keeps the batch from it.
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

/** Our own login was refused, or found no room: the caller can do nothing about it. */
const LOGIN_REFUSED: ReadonlySet<string> = new Set([
  SQLSTATE.tooManyConnections,
  SQLSTATE.invalidAuthorization,
  SQLSTATE.invalidPassword,
  SQLSTATE.unknownDatabase,
])

function isNotReached(code: string): boolean {
  return isConnectionException(code) || isServerUnavailable(code) || LOGIN_REFUSED.has(code)
}

/** What an error that the data proxy reports means here; one without an SQLSTATE is a fault. */
export function toExecuteError(fields: PostgresFields): Error {
  const { code, message } = fields
  if (!code) return new Error(message)
  return isNotReached(code) ? refusals.databaseAway() : new PostgresError(fields)
}

const STATUS_REFUSALS: Record<number, () => QueryError> = {
  413: refusals.batchTooLarge,
  429: refusals.databaseBusy,
  500: refusals.databaseAway,
  502: refusals.databaseAway,
  503: refusals.databaseAway,
  504: refusals.databaseAway,
  507: refusals.responseTooLarge,
}

/** What a status of the data proxy other than 200 and 400 means. */
export function toStatusError(status: number): Error {
  return STATUS_REFUSALS[status]?.() ?? new Error(`the data proxy answered ${status}`)
}
