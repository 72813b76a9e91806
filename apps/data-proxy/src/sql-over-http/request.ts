/** Parses requests of Neon's SQL over HTTP. */
import { TooManyDimensions, writeArray } from '@db9/postgres/arrays'
import { ProxyError } from '../errors.ts'
import type { Statement } from '../sessions/pipeline.ts'

/** A request of Neon's SQL over HTTP, parsed. */
export interface SqlRequest {
  /** One statement, or a batch that runs in one transaction. */
  kind: 'single' | 'batch'
  statements: (Statement & { arrayMode: boolean })[]
  rawText: boolean
  begin: string
  /** What ends a batch; a rollback still answers with the results. */
  end: 'COMMIT' | 'ROLLBACK'
  /** Echoed in the reply to a batch. */
  echo: Record<string, string>
}

type Headers = Record<string, string | string[] | undefined>

const ISOLATION: Record<string, string> = {
  ReadUncommitted: 'READ UNCOMMITTED',
  ReadCommitted: 'READ COMMITTED',
  RepeatableRead: 'REPEATABLE READ',
  Serializable: 'SERIALIZABLE',
}
const MAX_STATEMENTS = 1000

export const ROLLBACK_HEADER = 'x-db9-batch-rollback'

/** Parses body and headers. Throws a `ProxyError` 22023 that names what is wrong. */
export function parseSqlRequest(headers: Headers, body: string): SqlRequest {
  const value = parseBody(body)
  const isArrayMode = flag(headers, 'neon-array-mode')
  const common = { rawText: flag(headers, 'neon-raw-text-output') }
  if ('queries' in value) {
    if (!Array.isArray(value.queries)) throw invalid('"queries" has to be an array')
    if (value.queries.length > MAX_STATEMENTS) throw invalid(`"queries" holds more than ${MAX_STATEMENTS}`)
    const statements = value.queries.map((query, i) => parseStatement(query, `queries[${i}]`, isArrayMode))
    const end = flag(headers, ROLLBACK_HEADER) ? 'ROLLBACK' : 'COMMIT'
    return { kind: 'batch', statements, ...common, end, ...batchOptions(headers) }
  }
  for (const name of Object.keys(headers)) {
    if (name.startsWith('neon-batch-')) throw invalid(`the header ${name} goes with a batch ("queries") only`)
  }
  return {
    kind: 'single',
    statements: [parseStatement(value, 'the body', isArrayMode)],
    ...common,
    begin: '',
    end: 'COMMIT',
    echo: {},
  }
}

function parseBody(body: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw invalid('the body is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('the body has to be an object')
  return value as Record<string, unknown>
}

function parseStatement(
  value: unknown,
  where: string,
  isArrayMode: boolean,
): Statement & { arrayMode: boolean } {
  const { query, params = [], arrayMode = isArrayMode } = (value ?? {}) as Record<string, unknown>
  if (typeof query !== 'string') throw invalid(`${where} needs a "query" that is a string`)
  if (query.includes('\0')) throw invalid(`"query" in ${where} holds a NUL character`)
  if (!Array.isArray(params)) throw invalid(`"params" in ${where} has to be an array`)
  if (params.length > 65_535) throw invalid(`"params" in ${where} holds more than 65535 values`)
  return { text: query, params: params.map(paramText), arrayMode: arrayMode === true }
}

function batchOptions(headers: Headers): { begin: string; echo: Record<string, string> } {
  const words = ['BEGIN']
  const echo: Record<string, string> = {}
  const isolation = single(headers, 'neon-batch-isolation-level')
  if (isolation !== undefined) {
    const level = Object.hasOwn(ISOLATION, isolation) ? ISOLATION[isolation] : undefined
    if (level === undefined)
      throw invalid(`neon-batch-isolation-level may be ${Object.keys(ISOLATION).join(', ')}`)
    words.push(`ISOLATION LEVEL ${level}`)
    echo['neon-batch-isolation-level'] = isolation
  }
  for (const [name, on, off] of [
    ['neon-batch-read-only', 'READ ONLY', 'READ WRITE'],
    ['neon-batch-deferrable', 'DEFERRABLE', 'NOT DEFERRABLE'],
  ] as const) {
    if (single(headers, name) === undefined) continue
    words.push(flag(headers, name) ? on : off)
    echo[name] = String(flag(headers, name))
  }
  return { begin: words.join(' '), echo }
}

/** A bound value as Postgres reads it: null stays, objects become JSON, arrays become array literals. */
export function paramText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new ProxyError('22021', 'invalid byte sequence for encoding "UTF8": 0x00')
    return value
  }
  return Array.isArray(value) ? arrayText(value) : JSON.stringify(value)
}

function arrayText(values: unknown[]): string {
  try {
    return writeArray(values, paramText)
  } catch (error) {
    if (!(error instanceof TooManyDimensions)) throw error
    throw invalid(error.message)
  }
}

function single(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function flag(headers: Headers, name: string): boolean {
  const value = single(headers, name)?.toLowerCase()
  if (value === undefined || value === 'false') return false
  if (value === 'true') return true
  throw invalid(`the header ${name} has to be true or false`)
}

function invalid(message: string): ProxyError {
  return new ProxyError('22023', message)
}
