/** Parses the gateway's batches. */
import { type BatchesRequest, type BatchRequest, MAX_PARTS } from '@db9/types/internal'
import { ProxyError } from '../errors.ts'
import { parseRequestId } from '../http/exchange.ts'
import type { Statement } from '../sessions/pipeline.ts'

export interface ParsedBatch {
  /** With the BEGIN and the COMMIT or ROLLBACK around what was asked for. */
  statements: Statement[]
  bodyColumn: number | null
  /** The statement that tells how long the batch takes, where others may be sent behind it: reads alone. */
  shared: string | null
  requestId: string | null
}

const MAX_STATEMENTS = 100
/** What one message takes (protocol-message-formats, Bind). */
const MAX_PARAMS = 65_535
const BEGIN: Statement = { text: 'BEGIN', params: [] }
const BEGIN_READ_ONLY: Statement = { text: 'BEGIN READ ONLY', params: [] }
const COMMIT: Statement = { text: 'COMMIT', params: [] }
const ROLLBACK: Statement = { text: 'ROLLBACK', params: [] }

type Unknown<T> = Partial<Record<keyof T, unknown>>

/** Throws a `ProxyError` 22023 where the body is not what the gateway sends. */
export function parseBatch(body: string): ParsedBatch {
  const value = parseJson<BatchRequest>(body)
  // Not asked for in so many words means the mode that can do less.
  return toBatch(value, beginFor(value), parseText)
}

/** Throws a `ProxyError` 22023 where the body is not what the gateway sends. */
export function parseBatches(body: string): ParsedBatch[] {
  const { texts, batches } = parseJson<BatchesRequest>(body)
  if (!Array.isArray(batches) || batches.length === 0 || batches.length > MAX_PARTS) {
    throw invalid(`"batches" has to be a list of 1 to ${MAX_PARTS}`)
  }
  if (!Array.isArray(texts)) throw invalid('"texts" has to be a list')
  const known = texts.map(parseText)
  const textAt = (place: unknown) => known[Number(place)] ?? parseText(null)
  return batches.map((batch) => toBatch(batch ?? {}, BEGIN_READ_ONLY, textAt))
}

function beginFor({ readOnly, isolation = 'read committed' }: Unknown<BatchRequest>): Statement {
  const begin = readOnly === false ? BEGIN : BEGIN_READ_ONLY
  if (isolation === 'read committed') return begin
  if (isolation !== 'repeatable read' && isolation !== 'serializable')
    throw invalid('"isolation" has to be a level of isolation')
  return { text: `${begin.text} ISOLATION LEVEL ${isolation.toUpperCase()}`, params: [] }
}

function toBatch(
  { rollback, statements, bodyColumn = null, requestId }: Unknown<BatchRequest>,
  begin: Statement,
  toText: (value: unknown) => string,
): ParsedBatch {
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > MAX_STATEMENTS) {
    throw invalid(`"statements" has to be a list of 1 to ${MAX_STATEMENTS}`)
  }
  const end = rollback === false ? COMMIT : ROLLBACK
  if (bodyColumn !== null && typeof bodyColumn !== 'number') throw invalid('"bodyColumn" has to be a number')
  const parsed = statements.map((statement) => toStatement(statement ?? {}, toText))
  const shared = begin === BEGIN_READ_ONLY ? (parsed.at(-1)?.text ?? null) : null
  return {
    statements: [begin, ...parsed, end],
    bodyColumn,
    shared,
    requestId: parseRequestId(requestId),
  }
}

/** An object, if an empty one. */
function parseJson<T>(body: string): Unknown<T> {
  try {
    return JSON.parse(body) ?? {}
  } catch {
    throw invalid('the body is not JSON')
  }
}

function toStatement({ text, params }: Unknown<Statement>, toText: (value: unknown) => string): Statement {
  if (!Array.isArray(params) || !params.every(isValue))
    throw invalid('"params" has to be a list of strings and nulls')
  if (params.length > MAX_PARAMS) throw invalid(`"params" holds more than ${MAX_PARAMS} values`)
  return { text: toText(text), params }
}

function parseText(text: unknown): string {
  if (typeof text !== 'string' || text.includes('\0')) throw invalid('"text" has to be a string without NUL')
  return text
}

function isValue(value: unknown): value is string | null {
  if (typeof value !== 'string') return value === null
  if (value.includes('\0')) throw new ProxyError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  return true
}

function invalid(message: string): ProxyError {
  return new ProxyError('22023', message)
}
