/** SQL that sets up a transaction: role, claims, settings. */
import type { Isolation, Role, Session, Settings, Statement } from '../contract.ts'
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
const TEXT = setupText(NAMES, 0)

/** After those of `names` as many settings as `others`, whose names are bound as their values are. */
function setupText(names: readonly Sql[], others: number): Sql {
  const params = new Params()
  const set = (name: Sql) => sql`pg_catalog.set_config(${name}, ${params.bind(null)}, true)`
  const calls = [...names.map(set), ...Array.from({ length: others }, () => set(params.bind(null)))]
  // set_config gives back what it set. No row and no column leaves the server: nothing reads them, and they are long.
  return sql`SELECT WHERE pg_catalog.concat(${list(calls)}) IS NULL`
}

/**
 * Everything that SQL may know of the request, and who it runs as; all of it ends with the transaction. What is the same
 * for every session is worked out here, once.
 */
export function setupFor(plan: Plan, settings: Settings): (session: Session) => Statement {
  const path = searchPath(plan.schema, settings)
  const timeouts = forEachRole((role) => String(statementTimeout(plan, role, settings)))
  const { timezone } = plan.preferences
  const asked: [string, string][] = timezone === null ? [] : [['timezone', timezone]]
  const others = forEachRole((role) => othersOf([...roleSettings(plan, role), ...asked]))
  return (session) => {
    const { text, last } = others[session.role]
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

function forEachRole<T>(make: (role: Role) => T): Record<Role, T> {
  return { anon: make('anon'), authenticated: make('authenticated'), service_role: make('service_role') }
}

/** What the database allows a role to take, in milliseconds: a service key as much as a user. */
function timeoutOfRole(settings: Settings, role: Role): number {
  return settings.statement_timeout_ms[role === 'service_role' ? 'authenticated' : role]
}

/** Of settings that are given twice the last counts. */
function othersOf(settings: readonly [name: string, value: string][]): { text: Sql; last: string[] } {
  return { text: settings.length === 0 ? TEXT : setupText(NAMES, settings.length), last: settings.flat() }
}

/**
 * Settings that `ALTER ROLE … SET` gives a role and SET ROLE does not, but for those that say who asks and how far a
 * request may go, or how the wire and our own SQL are read.
 */
const NOT_OF_ROLES =
  /^(?:search_path|role|session_authorization|row_security|statement_timeout|lock_timeout|client_encoding|standard_conforming_strings|idle_.*|(?:default_)?transaction_.*)$/i

function roleSettings(plan: Plan, role: Role): [name: string, value: string][] {
  return settingsOf(plan, role).flatMap((setting): [string, string][] => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(setting) ?? []
    return NOT_OF_ROLES.test(name) ? [] : [[name, value]]
  })
}

function settingsOf(plan: Plan, role: Role): readonly string[] {
  return plan.exposure.catalog.reachableRoles.find(({ name }) => name === role)?.settings ?? []
}

const LOCK_TIMEOUT_MS = '2000'
const IDLE_TIMEOUT_MS = '10000'

/** The schema of the request, the extra ones, and last what a session may create for itself. */
function searchPath(schema: string, settings: Settings): string {
  return joinSql([...new Set([schema, ...settings.extra_search_path, 'pg_temp'])].map(ident), sql`, `)
}

/**
 * What a function sets for itself, which takes effect here, since its own comes after the start. Without it, the less of what
 * the database allows the role and what `ALTER ROLE … SET` gives it. In milliseconds.
 */
export function statementTimeout(plan: Plan, asked: Role, settings: Settings): number {
  const own = plan.action === 'call' ? plan.routine.settings : []
  const ofRole = timeoutIn(settingsOf(plan, asked)) ?? Number.POSITIVE_INFINITY
  return timeoutIn(own) ?? Math.min(timeoutOfRole(settings, asked), ofRole)
}

const TIMEOUT = 'statement_timeout='

/** Null where none is set, or an endless one. */
function timeoutIn(settings: readonly string[]): number | null {
  const found = settings.find((setting) => setting.startsWith(TIMEOUT))
  return parseDuration(found?.slice(TIMEOUT.length) ?? '')
}

const ISOLATION = /^default_transaction_isolation='?(read committed|repeatable read|serializable)'?$/i

/** What a function sets for itself, or else its role: neither takes effect by itself once the transaction has begun. */
export function isolationFor(plan: Plan, role: Role): Isolation {
  const own = plan.action === 'call' ? plan.routine.settings : []
  const [level] = [...own, ...settingsOf(plan, role)].flatMap((setting) => ISOLATION.exec(setting)?.[1] ?? [])
  return (level?.toLowerCase() as Isolation | undefined) ?? 'read committed'
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
