import type { Catalog } from '../catalog/catalog.ts'
import type { Policy, RequestInput, Session, Settings } from '../contract.ts'
import { QueryError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { planRequest } from '../plan/plan-request.ts'
import { mainStatement } from '../sql/statement.ts'
import { parseRequest } from '../syntax/request.ts'

export const SETTINGS: Settings = {
  max_rows: 1000,
  aggregates_enabled: true,
  plan_enabled: false,
  tx_rollback_allowed: true,
  pre_request: null,
  extra_search_path: ['public', 'extensions'],
  statement_timeout_ms: { anon: 3000, authenticated: 8000 },
  caps: {
    url_bytes: 16 * 1024,
    filters: 100,
    in_values_url: 1000,
    in_values_body: 10_000,
    logic_depth: 10,
    embeds: 20,
    embed_depth: 6,
    request_bytes: 10 * 1024 * 1024,
    response_bytes: 10 * 1024 * 1024,
  },
}

export const POLICY: Policy = {
  exposedSchemas: ['public'],
  exposedTables: null,
  exposedFunctions: [],
  requireRls: true,
}

export const SESSION: Session = { role: 'anon', claims: {}, headers: {}, cookies: {} }

export interface TestRequest {
  method?: string
  /** Path and query: `todos?select=id`. */
  url: string
  headers?: Record<string, string>
  body?: string
  policy?: Partial<Policy>
  settings?: Partial<Settings>
  session?: Partial<Session>
}

export function toInput({ method = 'GET', url, headers = {}, body = '' }: TestRequest): RequestInput {
  const [path = '', query = ''] = url.split(/\?(.*)/s)
  return { method, path, basePath: '/rest/v1', query, headers: new Headers(headers), body }
}

/** A request as this catalog plans it. */
export function planOf(request: TestRequest, catalog: Catalog): Plan {
  const settings = { ...SETTINGS, ...request.settings }
  return planRequest(
    parseRequest(toInput(request), settings),
    catalog,
    { ...POLICY, ...request.policy },
    settings,
  )
}

/** The SQL of a request and its parameters, or the error that it is refused with. */
export function mainSqlOf(request: TestRequest, catalog: Catalog): string {
  try {
    const { text, params } = mainStatement(planOf(request, catalog), 'v')
    return `${text};\n-- ${JSON.stringify(params)}`
  } catch (error) {
    if (error instanceof QueryError) return `-- ${error.status} ${error.code} ${error.message}`
    throw error
  }
}
