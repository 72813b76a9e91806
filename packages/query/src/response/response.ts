import type { RestResponse } from '../contract.ts'
import { errors, QueryError } from '../errors.ts'
import type { CallPlan, Plan, ReadPlan, WritePlan } from '../plan/plan.ts'
import { GUARD, ROW } from '../sql/main-row.ts'
import { toPreferenceApplied } from '../syntax/prefer.ts'
import { encodePercent } from '../syntax/query-string.ts'
import type { Range } from '../syntax/range.ts'
import { guardError } from './guard-error.ts'
import { mergeHeaders, parseResponseHeaders, parseResponseStatus } from './response-settings.ts'

type Headers = [string, string][]

/** What a reply depends on beside its address. */
const VARY: [string, string] = ['Vary', 'Accept, Prefer, Range']

/** The main statement's row, its counts read. */
interface Result {
  total: number | null
  page: number
  body: string
  /** Values of the written row's primary key. */
  location: readonly string[] | null
  /** Of the rows written, those that merged into existing ones. */
  merged: number
  headers: string | null
  status: string | null
}

/**
 * Shapes the row of the main statement, raw text values, into PostgREST's reply. Never throws: what is wrong with
 * the result itself (a range beyond the rows, several rows for one object) becomes an error reply.
 */
export function toResponse(plan: Plan, row: readonly (string | null)[]): RestResponse {
  try {
    const result = parseRow(row)
    const response = shape(plan, result)
    return {
      status: parseResponseStatus(result.status) ?? response.status,
      headers: mergeHeaders([...response.headers, VARY], parseResponseHeaders(result.headers)),
      body: response.body,
    }
  } catch (error) {
    if (error instanceof QueryError) return toErrorResponse(error)
    throw error
  }
}

export function toErrorResponse(error: QueryError): RestResponse {
  const { code, message, details, hint } = error
  const headers: Headers = [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Proxy-Status', `PostgREST; error=${code.replace(/[^\w-]/g, '')}`],
    VARY,
  ]
  if (error.status === 401) headers.push(['WWW-Authenticate', 'Bearer'])
  return {
    status: error.status,
    headers: mergeHeaders(headers, error.headers),
    body: JSON.stringify({ code, message, details, hint }),
  }
}

function parseRow(row: readonly (string | null)[]): Result {
  const total = row[ROW.total] ?? null
  const location = row[ROW.location] ?? null
  return {
    total: total === null ? null : Number(total),
    page: Number(row[ROW.page] ?? 0),
    body: row[ROW.body] ?? '',
    location: location === null ? null : (JSON.parse(location) as string[]),
    merged: Number(row[ROW.merged] ?? 0),
    headers: row[ROW.headers] ?? null,
    status: row[ROW.status] ?? null,
  }
}

function shape(plan: Plan, result: Result): RestResponse {
  switch (plan.action) {
    case 'read':
      return readResponse(plan, result)
    case 'write':
      return writeResponse(plan, result)
    case 'call':
      return callResponse(plan, result)
  }
}

function readResponse(plan: ReadPlan, result: Result): RestResponse {
  const { range, relation } = plan.root
  const status = rangeStatus(range, result)
  assertSingular(plan, result)
  const query = plan.canonical === '' ? '' : `?${plan.canonical}`
  return {
    status,
    headers: [
      ['Content-Range', windowRange(range, result)],
      ['Content-Location', `/${encodePercent(relation.name)}${query}`],
      ...contentHeaders(plan),
      ...appliedHeader(plan),
    ],
    body: plan.head ? '' : result.body,
  }
}

function writeResponse(plan: WritePlan, result: Result): RestResponse {
  const isReturned = plan.returned !== null
  const headers: Headers = [
    ...locationHeader(plan, result),
    ...writeRangeHeader(plan, result),
    ...(isReturned ? contentHeaders(plan) : []),
    ...appliedHeader(plan),
  ]
  return { status: writeStatus(plan, result), headers, body: isReturned ? result.body : '' }
}

function writeStatus({ write, returned, preferences }: WritePlan, { page, merged }: Result): number {
  if (write.kind !== 'insert') return returned === null ? 204 : 200
  const inserted = page - merged
  if (write.only !== null) return returned === null ? 204 : inserted > 0 ? 201 : 200
  return inserted <= 0 && preferences.resolution === 'merge-duplicates' ? 200 : 201
}

function writeRangeHeader({ write, countTotal }: WritePlan, { page }: Result): Headers {
  if (write.kind === 'insert' && write.only !== null) return []
  const total = countTotal ? String(page) : '*'
  const rows = write.kind === 'update' && page > 0 ? `0-${page - 1}` : '*'
  return [['Content-Range', `${rows}/${total}`]]
}

function locationHeader({ target, location }: WritePlan, result: Result): Headers {
  const values = result.location
  if (values === null) return []
  const query = location.map((column, i) => `${encodePercent(column)}=eq.${encodePercent(values[i] ?? '')}`)
  return [['Location', `/${encodePercent(target.name)}?${query.join('&')}`]]
}

function callResponse(plan: CallPlan, result: Result): RestResponse {
  const range = plan.result.kind === 'rows' ? plan.result.node.range : { offset: 0, limit: null }
  const contentRange: Headers = [['Content-Range', windowRange(range, result)]]
  if (plan.result.kind === 'void') {
    return { status: 204, headers: [...contentRange, ...appliedHeader(plan)], body: '' }
  }
  const status = rangeStatus(range, result)
  if (plan.result.kind === 'rows') assertSingular(plan, result)
  return {
    status,
    headers: [...contentRange, ...contentHeaders(plan), ...appliedHeader(plan)],
    body: plan.head ? '' : result.body,
  }
}

/** Writes were judged inside their statement, so that they could roll back. */
function assertSingular(plan: Plan, { page }: Result): void {
  if (plan.media.format === 'object' && page !== 1) throw guardError(GUARD.singular, String(page), plan)
}

/** 206 where the reply holds fewer rows than there are, as far as they were counted. */
function rangeStatus({ offset }: Range, { total, page }: Result): number {
  if (total === null) return 200
  if (offset > total) {
    throw errors.range(`An offset of ${offset} was requested, but there are only ${total} rows.`)
  }
  return page < total ? 206 : 200
}

/** `0-9/100`, `0-9/*`, and `*` for the rows where there are none. */
function windowRange({ offset }: Range, { total, page }: Result): string {
  const rows = page > 0 && total !== 0 ? `${offset}-${offset + page - 1}` : '*'
  return `${rows}/${total ?? '*'}`
}

function contentHeaders(plan: Plan): Headers {
  const headers: Headers = [['Content-Type', plan.media.contentType]]
  if (plan.namesSchema) headers.push(['Content-Profile', plan.schema])
  return headers
}

function appliedHeader(plan: Plan): Headers {
  const applied = toPreferenceApplied(plan.applied)
  return applied === null ? [] : [['Preference-Applied', applied]]
}
