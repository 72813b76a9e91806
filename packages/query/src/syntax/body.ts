/** Parses bodies of writes and calls. */
import { errors, QueryError } from '../errors.ts'
import { type CsvRows, csvSteps, parseCsv } from './csv.ts'
import { type JsonShape, shapeOf } from './json-keys.ts'
import { parseQueryString } from './query-string.ts'

/** Rows to write. */
export interface RowsBody {
  kind: 'rows'
  /** A JSON array of objects; the caller's own text wherever possible, so that no number loses digits. */
  json: string
  keys: readonly string[]
  count: number
}

/** Arguments of a function. */
export type ArgumentsBody =
  /** Of a list of objects with the same keys the first holds the arguments. */
  | {
      kind: 'json'
      json: string
      keys: readonly string[]
      isList: boolean
      /** As it arrived: a CSV becomes JSON, but is none for a function that takes the whole body. */
      mediaType: 'application/json' | 'text/csv'
    }
  | { kind: 'form'; arguments: readonly [string, string][] }
  | { kind: 'raw'; mediaType: RawMediaType; text: string }

export type RawMediaType = 'text/plain' | 'text/xml' | 'application/octet-stream'

const FORM = 'application/x-www-form-urlencoded'
const BINARY = 'application/octet-stream'
const RAW: readonly string[] = ['text/plain', 'text/xml', BINARY]

/** The media type of a `Content-Type` header without its parameters; JSON where there is none. */
export function parseContentType(header: string | null): string {
  const type = (header ?? '').split(';', 1)[0]?.trim().toLowerCase()
  return type || 'application/json'
}

export function isForm(contentType: string): boolean {
  return contentType === FORM
}

/** Whether a `Content-Type` header says that the body is bytes and no text. */
export function isBinary(header: string | null): boolean {
  return parseContentType(header) === BINARY
}

/** How much longer than a body the JSON that is made of it may be: names are repeated in it, quotes are escaped. */
const MAX_GROWTH = 4

/**
 * The rows of a POST, PATCH or PUT. `columns`, where given, frees the objects from having the same keys; `maxBytes` is
 * the most that a body may have; `ahead` is what `readAhead` has found of it.
 */
export function parseRows(
  body: string,
  contentType: string,
  columns: readonly string[] | null,
  { maxBytes, ahead }: { maxBytes: number; ahead: ReadAhead | null },
): RowsBody {
  switch (contentType) {
    case 'application/json':
      return toRows(body, shapeOfJson(body), columns)
    case 'text/csv': {
      if (ahead instanceof QueryError) throw ahead
      const rows = ahead ?? parseCsv(body, MAX_GROWTH * maxBytes)
      return { kind: 'rows', ...rows, keys: columns ?? rows.keys }
    }
    case FORM: {
      const row = Object.fromEntries(formPairs(body))
      return toRows(JSON.stringify(row), shapeOfValue(row), columns)
    }
    default:
      throw errors.body(`Content-Type not acceptable: ${contentType}`)
  }
}

/** What was found of a body before its request is parsed: its rows, or why it has none. */
export type ReadAhead = CsvRows | QueryError

/** Shorter ones are read at once. */
const MIN_AHEAD_LENGTH = 128 * 1024

/** For `RequestInput.ahead`: reads a long CSV in steps, between which others may be served; null for any other body. */
export function* readAhead(
  body: string,
  contentType: string | null,
  maxBytes: number,
): Generator<undefined, ReadAhead | null> {
  if (body.length < MIN_AHEAD_LENGTH || parseContentType(contentType) !== 'text/csv') return null
  try {
    return yield* csvSteps(body, MAX_GROWTH * maxBytes)
  } catch (error) {
    if (error instanceof QueryError) return error
    throw error
  }
}

/** Of a CSV the first row holds the arguments. */
export function parseArguments(body: string, contentType: string, maxBytes: number): ArgumentsBody {
  if (contentType === 'application/json') return toArguments(body)
  if (contentType === 'text/csv') {
    const { json, keys } = parseCsv(body, MAX_GROWTH * maxBytes)
    return { kind: 'json', json, keys, isList: true, mediaType: 'text/csv' }
  }
  if (contentType === FORM) return { kind: 'form', arguments: formPairs(body) }
  if (isRaw(contentType)) return { kind: 'raw', mediaType: contentType, text: body }
  throw errors.body(`Content-Type not acceptable: ${contentType}`)
}

function isRaw(contentType: string): contentType is RawMediaType {
  return RAW.includes(contentType)
}

function toArguments(body: string): ArgumentsBody {
  const mediaType = 'application/json'
  if (body === '') return { kind: 'json', json: '{}', keys: [], isList: false, mediaType }
  const shape = shapeOfJson(body)
  const keys = shape.kind === 'scalar' ? [] : (shape.keys ?? [])
  return { kind: 'json', json: body, keys, isList: shape.kind === 'list', mediaType }
}

function formPairs(body: string): [string, string][] {
  return parseQueryString(body).map(({ key, value }) => [key, value ?? ''])
}

/** Shorter bodies are read sooner by the engine itself; longer ones could become large trees. */
const MAX_TREE_LENGTH = 64 * 1024

function shapeOfJson(text: string): JsonShape {
  const shape = text.length > MAX_TREE_LENGTH ? shapeOf(text) : shapeOfShort(text)
  if (shape === null) throw errors.body('Empty or invalid json')
  return shape
}

function shapeOfShort(text: string): JsonShape | null {
  try {
    return shapeOfValue(JSON.parse(text))
  } catch {
    return null
  }
}

function shapeOfValue(value: unknown): JsonShape {
  if (Array.isArray(value)) return { kind: 'list', count: value.length, keys: commonKeys(value) }
  return isObject(value) ? { kind: 'object', keys: Object.keys(value) } : { kind: 'scalar' }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toRows(text: string, shape: JsonShape, columns: readonly string[] | null): RowsBody {
  if (shape.kind === 'object')
    return { kind: 'rows', json: `[${text}]`, keys: columns ?? shape.keys, count: 1 }
  if (shape.kind === 'scalar') return { kind: 'rows', json: '[]', keys: columns ?? [], count: 0 }
  const keys = columns ?? shape.keys
  if (keys === null) throw errors.body('All object keys must match')
  return { kind: 'rows', json: text, keys, count: shape.count }
}

/** Null where not all rows are objects with the same keys. */
function commonKeys(rows: readonly unknown[]): string[] | null {
  const [first] = rows
  if (first === undefined) return []
  if (!isObject(first)) return null
  const keys = Object.keys(first)
  const isSame = (row: unknown) =>
    isObject(row) && Object.keys(row).length === keys.length && keys.every((key) => Object.hasOwn(row, key))
  return rows.every(isSame) ? keys : null
}
