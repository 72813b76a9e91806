/** The SQL of a read as the gateway sends it: the transaction's settings, then one statement. */
import type { BatchStep, PreparedStatement } from './wire.ts'

/** Values of one read: who asks, for what. */
export interface ReadRequest {
  role: 'anon' | 'authenticated'
  claims: string
  path: string
  /** One row by its key, or ten rows after none. */
  id: string | null
}

const SETTINGS: PreparedStatement = {
  name: 'settings',
  text: `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),
    set_config('request.method', 'GET', true), set_config('request.path', $3, true),
    set_config('request.headers', '{}', true), set_config('request.cookies', '{}', true),
    set_config('search_path', 'public, extensions', true), set_config('statement_timeout', '3000', true),
    set_config('transaction_read_only', 'on', true)`,
}

const SELECT = 'select items.id, items.title, items.body from public.items'

const ROW: PreparedStatement = {
  name: 'row',
  text: `select coalesce(json_agg(_rows), '[]')::text from (${SELECT} where items.id = $1 limit 1000) _rows`,
}

const LIST: PreparedStatement = {
  name: 'list',
  text: `select coalesce(json_agg(_rows), '[]')::text from (${SELECT} order by items.id limit 10) _rows`,
}

/** The two steps of a read, to be run as one transaction. */
export function readSteps(request: ReadRequest): BatchStep[] {
  return [
    { statement: SETTINGS, values: [request.role, request.claims, request.path] },
    request.id === null ? { statement: LIST, values: [] } : { statement: ROW, values: [request.id] },
  ]
}

/** What a visitor without a JWT asks with. */
export function anonymousRead(id: string | null): BatchStep[] {
  return readSteps({ role: 'anon', claims: '{"role":"anon"}', path: '/items', id })
}
