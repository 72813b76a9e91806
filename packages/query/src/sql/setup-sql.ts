import type { Role, Session, Settings, Statement } from '../contract.ts'
import type { Plan } from '../plan/plan.ts'
import { parseListedName } from '../policy/names.ts'
import { ident, joinSql, list, Params, type Sql, sql } from './sql.ts'

const NAMES = [
  sql`'search_path'`,
  sql`'role'`,
  sql`'request.jwt.claims'`,
  sql`'request.method'`,
  sql`'request.path'`,
  sql`'request.headers'`,
  sql`'request.cookies'`,
  sql`'statement_timeout'`,
  sql`'lock_timeout'`,
  sql`'idle_in_transaction_session_timeout'`,
  sql`'row_security'`,
]
const TEXT = setupText(NAMES)
const TEXT_WITH_TIMEZONE = setupText([...NAMES, sql`'timezone'`])

function setupText(names: readonly Sql[]): Sql {
  const params = new Params()
  const calls = names.map((name) => sql`pg_catalog.set_config(${name}, ${params.bind(null)}, true)`)
  // set_config gives back what it set. No row and no column leaves the server: nobody reads them, and they are long.
  return sql`SELECT WHERE pg_catalog.concat(${list(calls)}) IS NULL`
}

/**
 * Everything that SQL may know of the request, and who it runs as; all of it ends with the transaction. What is the same
 * for every session is worked out here, once.
 */
export function setupFor(plan: Plan, settings: Settings): (session: Session) => Statement {
  const path = searchPath(plan.schema, settings)
  const timeouts = {
    anon: String(statementTimeout(plan, 'anon', settings)),
    authenticated: String(statementTimeout(plan, 'authenticated', settings)),
  }
  const { timezone } = plan.preferences
  const [text, last] = timezone === null ? [TEXT, []] : [TEXT_WITH_TIMEZONE, [timezone]]
  return (session) => {
    // In the order of NAMES.
    const params = [
      path,
      session.role,
      JSON.stringify({ ...session.claims, role: session.role }),
      plan.method,
      plan.path,
      JSON.stringify(session.headers),
      JSON.stringify(session.cookies),
      timeouts[session.role],
      LOCK_TIMEOUT_MS,
      IDLE_TIMEOUT_MS,
      'on',
      ...last,
    ]
    return { text, params }
  }
}

const LOCK_TIMEOUT_MS = '2000'
const IDLE_TIMEOUT_MS = '10000'

/** The schema of the request, the extra ones, and last what a session may create for itself. */
function searchPath(schema: string, settings: Settings): string {
  return joinSql([...new Set([schema, ...settings.extra_search_path, 'pg_temp'])].map(ident), sql`, `)
}

/**
 * The least of what the database allows the role, what `ALTER ROLE … SET` gives it, and what a function sets for itself:
 * that one takes effect here, since its own comes after the start.
 */
function statementTimeout(plan: Plan, asked: Role, settings: Settings): number {
  const role = plan.exposure.catalog.reachableRoles.find(({ name }) => name === asked)
  const own = plan.action === 'call' ? plan.routine.settings : []
  return Math.min(settings.statement_timeout_ms[asked], timeoutIn(role?.settings ?? []), timeoutIn(own))
}

const TIMEOUT = 'statement_timeout='

/** Infinity where none is set. */
function timeoutIn(settings: readonly string[]): number {
  const found = settings.find((setting) => setting.startsWith(TIMEOUT))
  return parseDuration(found?.slice(TIMEOUT.length) ?? '') ?? Number.POSITIVE_INFINITY
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
