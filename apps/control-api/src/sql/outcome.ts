/** The outcome of one request's SQL, as a worker passes it to the main thread. */
import pg from 'pg'
import { type Place, placeOf } from './place.ts'
import { stringifyRaw } from './raw-json.ts'
import { type CutReason, LoginChanged, SessionCut } from './session.ts'
import type { TextError } from './text-query.ts'

/** What Postgres says of a statement that failed. */
export interface SqlError {
  message: string
  code: string
  position: string | undefined
  /** Of a text of the owner's. */
  place: Place
  detail: string | undefined
  hint: string | undefined
  /** What the error is about, where it is about one thing. */
  schema: string | undefined
  table: string | undefined
  column: string | undefined
  constraint: string | undefined
}

export type Outcome =
  /** A reply of the REST API, as JSON in UTF-8. */
  | { kind: 'reply'; json: Uint8Array<ArrayBuffer> }
  | { kind: 'copy'; direction: 'in' | 'out' }
  /** The request ended inside a transaction, which its session took with it. */
  | { kind: 'transaction_open' }
  | { kind: 'cut'; reason: CutReason }
  /** Nothing has run: the login of the service is not as it was made. */
  | { kind: 'login_changed' }
  | { kind: 'failed'; error: SqlError }
  /** A json value may be nested more deeply than it can be written, or all of it longer than a string can be. */
  | { kind: 'too_large' }
  /** The connection, or the worker. */
  | { kind: 'lost'; message: string }

/** The outcome of work that gave a value. */
export function encodeJson(value: unknown): Outcome {
  return { kind: 'reply', json: new TextEncoder().encode(stringifyRaw(value)) }
}

/** The outcome of an error in a session, or in the encoding of its results; `text` is what the owner has sent, if it is theirs. */
export function toOutcome(error: unknown, text: string | null): Outcome {
  if (error instanceof SessionCut) return { kind: 'cut', reason: error.reason }
  if (error instanceof LoginChanged) return { kind: 'login_changed' }
  if (error instanceof RangeError) return { kind: 'too_large' }
  if (!(error instanceof pg.DatabaseError))
    return { kind: 'lost', message: error instanceof Error ? error.message : String(error) }
  const { message, code = 'XX000', position, detail, hint, schema, table, column, constraint } = error
  const { completed } = error as TextError
  const failure = { position: position === undefined ? undefined : Number(position), completed }
  const place = text === null ? {} : placeOf(text, failure)
  return {
    kind: 'failed',
    error: { message, code, position, place, detail, hint, schema, table, column, constraint },
  }
}
