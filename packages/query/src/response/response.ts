/** The reply to a request, from the row that its statement gave. */
import type { Relation } from '../catalog/catalog.ts'
import type { RestResponse } from '../contract.ts'
import { errors, QueryError } from '../errors.ts'
import type { CallPlan, DescribePlan, Plan, PlanBase, ReadPlan, WritePlan } from '../plan/plan.ts'
import { GUARD, ROW } from '../sql/main-row.ts'
import { atOnce } from '../steps.ts'
import { toPreferenceApplied } from '../syntax/prefer.ts'
import { encodePercent, encodeSegment } from '../syntax/query-string.ts'
import type { Range } from '../syntax/range.ts'
import type { Described } from './described.ts'
import { guardError } from './guard-error.ts'
import { openApiSteps } from './openapi.ts'
import { mergeHeaders, parseResponseHeaders, parseResponseStatus } from './response-settings.ts'

type Headers = [string, string][]

/** What a reply depends on beside its address. */
const VARY: [string, string] = ['Vary', 'Accept, Prefer, Range']

/** The main statement's row, its counts read. */
interface Result {
  total: number | null
  page: number
  body: string
  /** JSON: values of the written row's primary key, or the description of a schema. */
  location: string | null
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
    return complete(plan, result, shape(plan, result))
  } catch (error) {
    return toRefusal(error)
  }
}

/** The same in steps, between which others may be served: the description of a large schema takes long. */
export function* responseSteps(
  plan: Plan,
  row: readonly (string | null)[],
): Generator<undefined, RestResponse> {
  if (plan.action !== 'describe' || plan.head) return toResponse(plan, row)
  try {
    const result = parseRow(row)
    const body = yield* openApiSteps(plan, describedOf(result))
    return complete(plan, result, describeResponse(plan, body))
  } catch (error) {
    return toRefusal(error)
  }
}

function complete(plan: Plan, result: Result, { status, headers, body }: Shaped): RestResponse {
  return {
    status: parseResponseStatus(result.status) ?? status,
    headers: mergeHeaders([...headers, ...warningHeader(plan), VARY], parseResponseHeaders(result.headers)),
    body,
    encoding: isHex(plan) ? 'hex' : 'text',
  }
}

function toRefusal(error: unknown): RestResponse {
  if (error instanceof QueryError) return toErrorResponse(error)
  throw error
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
    encoding: 'text',
  }
}

function isHex(plan: Plan): boolean {
  return 'media' in plan && plan.media.format === 'bytes' && plan.media.explain === null
}

function parseRow(row: readonly (string | null)[]): Result {
  const total = row[ROW.total] ?? null
  return {
    total: total === null ? null : Number(total),
    page: Number(row[ROW.page] ?? 0),
    body: row[ROW.body] ?? '',
    location: row[ROW.location] ?? null,
    merged: Number(row[ROW.merged] ?? 0),
    headers: row[ROW.headers] ?? null,
    status: row[ROW.status] ?? null,
  }
}

type Shaped = Omit<RestResponse, 'encoding'>

function shape(plan: Plan, result: Result): Shaped {
  if ('media' in plan && plan.media.explain !== null) {
    return { status: 200, headers: contentHeaders(plan), body: result.body }
  }
  switch (plan.action) {
    case 'read':
      return readResponse(plan, result)
    case 'write':
      return writeResponse(plan, result)
    case 'call':
      return callResponse(plan, result)
    case 'describe':
      return describeResponse(plan, plan.head ? '' : atOnce(openApiSteps(plan, describedOf(result))))
    case 'options':
      return { status: 200, headers: [['Allow', plan.allow]], body: '' }
  }
}

/** Clients take 16 KiB of headers in all (Node, undici); a query that came as a form may be longer than that. */
const MAX_CONTENT_LOCATION = 4096

function contentLocationHeader({ name }: Relation, { canonical }: ReadPlan): Headers {
  if (canonical.length > MAX_CONTENT_LOCATION) return []
  const query = canonical === '' ? '' : `?${canonical}`
  return [['Content-Location', `/${encodeSegment(name)}${query}`]]
}

function describedOf({ location }: Result): Described {
  return JSON.parse(location ?? '')
}

function describeResponse(plan: DescribePlan, body: string): Shaped {
  return { status: 200, headers: contentHeaders(plan), body }
}

function readResponse(plan: ReadPlan, result: Result): Shaped {
  const { range, relation } = plan.root
  const status = rangeStatus(range, result)
  assertSingular(plan, result)
  return {
    status,
    headers: [
      ['Content-Range', windowRange(range, result)],
      ...contentLocationHeader(relation, plan),
      ...contentHeaders(plan),
      ...appliedHeader(plan),
    ],
    body: plan.head ? '' : result.body,
  }
}

function writeResponse(plan: WritePlan, result: Result): Shaped {
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

function writeRangeHeader({ write, total: countBy }: WritePlan, { page }: Result): Headers {
  if (write.kind === 'insert' && write.only !== null) return []
  const total = countBy === null ? '*' : String(page)
  const rows = write.kind === 'update' && page > 0 ? `0-${page - 1}` : '*'
  return [['Content-Range', `${rows}/${total}`]]
}

function locationHeader({ target, location }: WritePlan, result: Result): Headers {
  if (result.location === null) return []
  const values: (string | null)[] = JSON.parse(result.location)
  const query = location.map((column, i) => {
    const value = values[i] ?? null
    return `${encodePercent(column)}=${value === null ? 'is.null' : `eq.${encodePercent(value)}`}`
  })
  return [['Location', `/${encodeSegment(target.name)}?${query.join('&')}`]]
}

function callResponse(plan: CallPlan, result: Result): Shaped {
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
function assertSingular(plan: ReadPlan | CallPlan, { page }: Result): void {
  if (plan.media.format === 'object' && page !== 1) throw guardError(GUARD.singular, String(page), plan)
}

/** 206 where the reply holds fewer rows than there are, as far as they were counted. */
function rangeStatus({ offset }: Range, { total, page }: Result): number {
  if (total === null) return 200
  if (offset > total) {
    throw errors.outOfRange(offset, total)
  }
  return page < total ? 206 : 200
}

/** `0-9/100`, `0-9/*`, and `*` for the rows where there are none. */
function windowRange({ offset }: Range, { total, page }: Result): string {
  const rows = page > 0 && total !== 0 ? `${offset}-${offset + page - 1}` : '*'
  return `${rows}/${total ?? '*'}`
}

function contentHeaders(plan: Exclude<Plan, { action: 'options' }>): Headers {
  const headers: Headers = [['Content-Type', plan.media.contentType]]
  if (plan.namesSchema) headers.push(['Content-Profile', toHeaderText(plan.schema)])
  return headers
}

/** In the words of PostgREST 16 (docs.postgrest.org, `url-use-legacy-target-names`). */
function warningHeader({ legacyTargets }: Plan): Headers {
  if (legacyTargets.length === 0) return []
  const updates = legacyTargets.map(({ target, alias }) => `\`${target}\` to \`${alias}\``).join(', ')
  const text = `Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop working in a future release. Update ${updates} in query string filters, orders or limits.`
  return [['Warning', `299 PostgRESTv16 "${toHeaderText(text.replaceAll(/["\\]/g, '\\$&'))}"`]]
}

/** Text without what would end the header; that it goes as UTF-8 is the runtime's part. */
function toHeaderText(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ')
}

function appliedHeader(plan: PlanBase): Headers {
  const applied = toPreferenceApplied(plan.applied)
  return applied === null ? [] : [['Preference-Applied', applied]]
}
