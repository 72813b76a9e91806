import type { BatchRequest } from '@db9/types/internal'
import { ProxyError } from '../errors.ts'
import { parseRequestId } from '../http/exchange.ts'
import type { Statement } from '../upstream/pipeline.ts'

export interface ParsedBatch {
  /** With the BEGIN and the COMMIT or ROLLBACK around what was asked for. */
  statements: Statement[]
  bodyColumn: number | null
  /** The statement that tells how long the batch takes, where others may be sent behind it: reads alone. */
  shared: string | null
  requestId: string | null
}

const MAX_STATEMENTS = 100
const BEGIN: Statement = { text: 'BEGIN', params: [] }
const BEGIN_READ_ONLY: Statement = { text: 'BEGIN READ ONLY', params: [] }
const COMMIT: Statement = { text: 'COMMIT', params: [] }
const ROLLBACK: Statement = { text: 'ROLLBACK', params: [] }

/** Throws a `ProxyError` 22023 where the body is not what the gateway sends. */
export function parseBatch(body: string): ParsedBatch {
  const value = parseJson(body) as Partial<Record<keyof BatchRequest, unknown>> | null
  const { readOnly, rollback, statements, bodyColumn = null, requestId } = value ?? {}
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > MAX_STATEMENTS) {
    throw invalid(`"statements" has to be a list of 1 to ${MAX_STATEMENTS}`)
  }
  // Not asked for in so many words means the mode that can do less.
  const begin = readOnly === false ? BEGIN : BEGIN_READ_ONLY
  const end = rollback === false ? COMMIT : ROLLBACK
  if (bodyColumn !== null && typeof bodyColumn !== 'number') throw invalid('"bodyColumn" has to be a number')
  const parsed = statements.map(parseStatement)
  const shared = begin === BEGIN_READ_ONLY ? (parsed.at(-1)?.text ?? null) : null
  return {
    statements: [begin, ...parsed, end],
    bodyColumn,
    shared,
    requestId: parseRequestId(requestId),
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw invalid('the body is not JSON')
  }
}

function parseStatement(value: unknown): Statement {
  const { text, params } = (value ?? {}) as Partial<Record<keyof Statement, unknown>>
  if (typeof text !== 'string' || text.includes('\0')) throw invalid('"text" has to be a string without NUL')
  if (!Array.isArray(params) || !params.every(isValue))
    throw invalid('"params" has to be a list of strings and nulls')
  return { text, params }
}

function isValue(value: unknown): value is string | null {
  if (typeof value !== 'string') return value === null
  if (value.includes('\0')) throw new ProxyError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
  return true
}

function invalid(message: string): ProxyError {
  return new ProxyError('22023', message)
}
