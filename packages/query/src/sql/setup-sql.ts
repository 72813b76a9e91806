import type { Session, Settings, Statement } from '../contract.ts'
import type { Plan } from '../plan/plan.ts'
import { parseListedName } from '../policy/names.ts'
import { ident, joinSql, list, Params, type Sql, sql } from './sql.ts'

/** Everything that SQL may know of the request, and who it runs as; all of it ends with the transaction. */
export function setupStatement(plan: Plan, session: Session, settings: Settings): Statement {
  const params = new Params()
  const values: [name: Sql, value: string][] = [
    [sql`'search_path'`, searchPath(plan.schema, settings)],
    [sql`'role'`, session.role],
    [sql`'request.jwt.claims'`, JSON.stringify({ ...session.claims, role: session.role })],
    [sql`'request.method'`, plan.method],
    [sql`'request.path'`, plan.path],
    [sql`'request.headers'`, JSON.stringify(session.headers)],
    [sql`'request.cookies'`, JSON.stringify(session.cookies)],
    [sql`'statement_timeout'`, String(statementTimeout(plan, session, settings))],
    [sql`'lock_timeout'`, LOCK_TIMEOUT_MS],
    [sql`'idle_in_transaction_session_timeout'`, IDLE_TIMEOUT_MS],
    [sql`'row_security'`, 'on'],
  ]
  if (plan.preferences.timezone !== null) values.push([sql`'timezone'`, plan.preferences.timezone])
  const calls = values.map(
    ([name, value]) => sql`pg_catalog.set_config(${name}, ${params.bind(value)}, true)`,
  )
  // set_config gives back what it set. No row and no column leaves the server: nobody reads them, and they are long.
  return { text: sql`SELECT WHERE pg_catalog.concat(${list(calls)}) IS NULL`, params: params.values }
}

const LOCK_TIMEOUT_MS = '2000'
const IDLE_TIMEOUT_MS = '10000'

/** The schema of the request, the extra ones, and last what a session may create for itself. */
function searchPath(schema: string, settings: Settings): string {
  return joinSql([...new Set([schema, ...settings.extra_search_path, 'pg_temp'])].map(ident), sql`, `)
}

/** A function may set a shorter time for itself; it takes effect here, since its own comes after the start. */
function statementTimeout(plan: Plan, session: Session, settings: Settings): number {
  const limit = settings.statement_timeout_ms[session.role]
  if (plan.action !== 'call') return limit
  const own = plan.routine.settings.find((setting) => setting.startsWith('statement_timeout='))
  const milliseconds = parseDuration(own?.slice('statement_timeout='.length) ?? '')
  return milliseconds === null ? limit : Math.min(limit, milliseconds)
}

const UNIT_MS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, min: 60_000, h: 3_600_000 }

function parseDuration(text: string): number | null {
  const [, amount, unit] = /^'?(\d+)\s*(ms|s|min|h|)'?$/.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null
  const milliseconds = Number(amount) * (UNIT_MS[unit] ?? 1)
  return milliseconds > 0 ? milliseconds : null
}

/** The function that the database runs before each request, where it names one. */
export function preRequestStatement({ pre_request }: Settings): Statement | null {
  const parts = pre_request === null ? null : parseListedName(pre_request)
  if (parts === null) return null
  return { text: sql`SELECT ${joinSql(parts.map(ident), sql`.`)}()`, params: [] }
}
