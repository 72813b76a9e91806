/** Parses a request of any kind: where parsing begins. */
import type { RequestInput, Settings } from '../contract.ts'
import { errors } from '../errors.ts'
import {
  type ArgumentsBody,
  isBinary,
  parseArguments,
  parseContentType,
  parseRows,
  type RowsBody,
} from './body.ts'
import { parseAccept } from './media.ts'
import { type Preferences, parsePrefer } from './prefer.ts'
import { parseQuery, type Query } from './query.ts'
import { decodePercent, type Parameter, parseQueryString } from './query-string.ts'
import { ALL_ROWS, parseRangeHeader, type Range } from './range.ts'
import { isRead, type Operation, parseOperation, type Target } from './target.ts'
import { assertTimezone } from './timezone.ts'

/** What is asked, by its form alone: whether the names exist and may be used is planned against the catalog. */
export type RestRequest = ReadRequest | WriteRequest | CallRequest | OptionsRequest | DescribeRequest
export type WriteRequest = InsertRequest | UpdateRequest | PutRequest | DeleteRequest

export type ReadRequest = RequestBase & { action: 'read'; relation: string; head: boolean }
export type InsertRequest = RequestBase & { action: 'insert'; relation: string; body: RowsBody }
export type UpdateRequest = RequestBase & { action: 'update'; relation: string; body: RowsBody }
export type PutRequest = RequestBase & { action: 'put'; relation: string; body: RowsBody }
export type DeleteRequest = RequestBase & { action: 'delete'; relation: string }
export type CallRequest = RequestBase & { action: 'call'; function: string } & (
    | { via: 'GET' | 'HEAD' }
    | { via: 'POST'; body: ArgumentsBody }
  )

/** What may be done with a relation, a function or the root: its answer is `Allow`. */
export type OptionsRequest = RequestBase & { action: 'options'; target: Target }
/** The root: what the schema holds, as OpenAPI. */
export type DescribeRequest = RequestBase & { action: 'describe'; head: boolean }

export interface RequestBase {
  method: string
  /** The path after `/rest/v1`, with its slash, as SQL sees it. */
  path: string
  basePath: string
  /** The schema that is asked for, where one is. */
  profile: string | null
  accept: readonly string[]
  preferences: Preferences
  query: Query
  /** The `Range` header of a GET. */
  range: Range
}

/** Throws nothing but `QueryError`. */
export function parseRequest(input: RequestInput, settings: Settings): RestRequest {
  checkSizes(input, settings)
  const operation = parseOperation(input)
  const { target, method } = operation
  const { parameters, inValues } = readParameters(input, operation, settings)
  const query = parseQuery(parameters, {
    caps: settings.caps,
    inValues,
    argumentsAllowed: isRead(method) && target.kind === 'function',
  })
  const base: RequestBase = {
    method,
    path: `/${decodePercent(input.path)}`,
    basePath: input.basePath,
    profile: decodeHeader(input.headers.get(isRead(method) ? 'accept-profile' : 'content-profile')),
    accept: parseAccept(input.headers.get('accept')),
    preferences: parsePreferences(input, settings),
    query,
    range: method === 'GET' ? parseRangeHeader(input.headers.get('range')) : ALL_ROWS,
  }
  return withAction(base, target, input, settings)
}

function withAction(base: RequestBase, target: Target, input: RequestInput, settings: Settings): RestRequest {
  if (base.method === 'OPTIONS') return { ...base, action: 'options', target }
  if (target.kind === 'root') return { ...base, action: 'describe', head: base.method === 'HEAD' }
  const contentType = parseContentType(input.headers.get('content-type'))
  if (target.kind === 'function') {
    const call = { ...base, action: 'call', function: target.name } as const
    return base.method === 'POST'
      ? { ...call, via: 'POST', body: parseArguments(input.body, contentType, settings.caps.request_bytes) }
      : { ...call, via: base.method === 'HEAD' ? 'HEAD' : 'GET' }
  }
  const relation = target.name
  const rows = (columns: readonly string[] | null) =>
    parseRows(input.body, contentType, columns, {
      maxBytes: settings.caps.request_bytes,
      ahead: input.ahead ?? null,
    })
  switch (base.method) {
    case 'POST':
      return { ...base, action: 'insert', relation, body: rows(base.query.columns) }
    case 'PATCH':
      return { ...base, action: 'update', relation, body: rows(base.query.columns) }
    case 'PUT':
      return { ...base, action: 'put', relation, body: rows(null) }
    case 'DELETE':
      return { ...base, action: 'delete', relation }
    default:
      return { ...base, action: 'read', relation, head: base.method === 'HEAD' }
  }
}

/** A runtime may hand on headers one character a byte; what is then UTF-8 is read as such. */
function decodeHeader(value: string | null): string | null {
  if (value === null || !/[\x80-\xff]/.test(value) || /[\u0100-\uffff]/.test(value)) return value
  try {
    const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return value
  }
}

function checkSizes(input: RequestInput, settings: Settings): void {
  const { url_bytes, request_bytes } = settings.caps
  // Raw paths and queries are ASCII, one byte a character.
  if (input.path.length + input.query.length > url_bytes) throw errors.urlTooLong(url_bytes)
  // Two digits a byte, after `\x`.
  const isHex = isBinary(input.headers.get('content-type'))
  if (exceedsBytes(input.body, isHex ? 2 * request_bytes + 2 : request_bytes))
    throw errors.bodyTooLarge(request_bytes)
  if (input.body.includes('\0')) throw errors.nul()
}

/** A character takes one to three bytes of UTF-8 (a surrogate pair four), so most bodies need no counting. */
function exceedsBytes(text: string, max: number): boolean {
  if (text.length > max) return true
  return text.length * 3 > max && new TextEncoder().encode(text).length > max
}

/** The parameters of the query string, and those of a body that carries a query, where longer lists are taken. */
function readParameters(
  input: RequestInput,
  { isOverride }: Operation,
  settings: Settings,
): { parameters: Parameter[]; inValues: number } {
  const parameters = parseQueryString(input.query)
  if (!isOverride) return { parameters, inValues: settings.caps.in_values_url }
  const all = [...parameters, ...parseQueryString(input.body)]
  const { filters, embeds, in_values_body } = settings.caps
  // Each embed may have an order, a limit and an offset.
  if (all.length > filters + 3 * (embeds + 1) + 3) throw errors.tooManyFilters(filters)
  return { parameters: all, inValues: in_values_body }
}

function parsePreferences(input: RequestInput, settings: Settings): Preferences {
  const preferences = parsePrefer(input.headers.get('prefer'))
  if (!settings.tx_rollback_allowed) preferences.tx = null
  if (preferences.timezone !== null) assertTimezone(preferences.timezone)
  if (preferences.handling === 'strict' && preferences.invalid.length > 0) {
    throw errors.preferences(preferences.invalid)
  }
  return preferences
}
