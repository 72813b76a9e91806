/** The whole batch of a plan: where printing SQL begins. */
import type { Batch, Session, Settings, Statement } from '../contract.ts'
import type { CallPlan, Plan } from '../plan/plan.ts'
import { calledSql } from './call-sql.ts'
import { describeResultSql } from './describe-sql.ts'
import { explainSql, withSql } from './explain-sql.ts'
import { GUARD } from './main-row.ts'
import { callResultSql, readResultSql, writeResultSql } from './result-sql.ts'
import { CALLED, WRITTEN } from './row.ts'
import { isolationFor, preRequestStatement, setupFor } from './setup-sql.ts'
import { EMPTY, joinSql, Params, type Sql, sql, sqlState } from './sql.ts'
import { MERGED_SETTING, writeSql } from './write-sql.ts'

/** The whole transaction of a plan: one round trip. */
export function toBatch(plan: Plan, session: Session, settings: Settings, catalogVersion: string): Batch {
  return batchFor(plan, settings, catalogVersion)(session)
}

/** What a commit would have refused is refused though there will be none. */
const CONSTRAINTS_NOW: Statement = { text: sql`SET CONSTRAINTS ALL IMMEDIATE`, params: [] }

/** The same for one session after the other: all but the first statement is made once, and is the same object each time. */
export function batchFor(
  plan: Plan,
  settings: Settings,
  catalogVersion: string,
): (session: Session) => Batch {
  const setup = setupFor(plan, settings)
  const rollback = plan.preferences.tx === 'rollback'
  const rest: Statement[] = rollback ? [CONSTRAINTS_NOW] : []
  const preRequest = preRequestStatement(settings)
  if (preRequest !== null) rest.push(preRequest)
  rest.push(mainStatement(plan, catalogVersion))
  const readOnly = isReadOnly(plan)
  return (session) => {
    const isolation = isolationFor(plan, session.role)
    return { readOnly, isolation, rollback, statements: [setup(session), ...rest] }
  }
}

function isReadOnly(plan: Plan): boolean {
  return plan.action === 'call' ? plan.readOnly : plan.action !== 'write'
}

export function mainStatement(plan: Plan, catalogVersion: string): Statement {
  const params = new Params()
  const text = mainSql(plan, catalogVersion, params)
  return { text, params: params.values }
}

/** What the main statement binds: everything the caller sent, and our own figures. */
export function mainParams(plan: Plan): readonly (string | null)[] {
  return mainStatement(plan, '').params
}

function mainSql(plan: Plan, catalogVersion: string, params: Params): Sql {
  const explain = 'media' in plan ? plan.media.explain : null
  if (explain !== null) {
    const explained = explainSql(explain, params, (pieces) => {
      const { lists, result } = partsSql(plan, pieces)
      return withSql(lists, result)
    })
    return rowSql(plan, emptyRowSql(explained), catalogVersion, params)
  }
  const { lists, result } = partsSql(plan, params)
  return withSql(lists, rowSql(plan, result, catalogVersion, params))
}

/** What a plan does, as WITH lists, and the row that is made of it. */
function partsSql(plan: Plan, params: Params): { lists: Sql[]; result: Sql } {
  switch (plan.action) {
    case 'read':
      return { lists: [], result: readResultSql(plan, params) }
    case 'write':
      return {
        lists: [sql`${WRITTEN} AS (${writeSql(plan, params)})`],
        result: writeResultSql(plan, params),
      }
    case 'call':
      return {
        lists: [sql`${CALLED} AS ${materializedSql(plan)}(${calledSql(plan, params)})`],
        result: callResultSql(plan, params),
      }
    case 'describe':
      return { lists: [], result: describeResultSql(plan, params) }
    case 'options':
      return { lists: [], result: emptyRowSql(sql`NULL::text`) }
  }
}

function emptyRowSql(body: Sql): Sql {
  return sql`SELECT NULL AS total, 0 AS page, ${body} AS body, NULL AS location`
}

/** A function with effects runs exactly once, whatever is read of it; one without may be merged into the query. */
function materializedSql({ routine, result }: CallPlan): Sql {
  const isMergeable = routine.volatility !== 'volatile' && result.kind === 'rows' && result.shape === 'rows'
  return isMergeable ? EMPTY : sql`MATERIALIZED `
}

/**
 * The one row of the main statement. Its last column raises what PostgREST decides after the statement; it is
 * evaluated always, whatever the tables hold, and sees the snapshot that they were read in.
 */
function rowSql(plan: Plan, result: Sql, catalogVersion: string, params: Params): Sql {
  return sql`SELECT r.total, r.page, r.body, r.location, ${mergedSql(plan)}, ${HEADERS}, ${STATUS}, ${verdictSql(plan, catalogVersion, params)} FROM (${result}) AS r`
}

function mergedSql(plan: Plan): Sql {
  const merges = plan.action === 'write' && plan.write.kind === 'insert' && plan.write.conflict !== null
  return merges ? sql`nullif(pg_catalog.current_setting(${MERGED_SETTING}, true), '')` : sql`NULL`
}

const VERSION = sql`(SELECT coalesce(pg_catalog.sum(d.n), 0)::text FROM db9.ddl AS d)`

function verdictSql(plan: Plan, catalogVersion: string, params: Params): Sql {
  const guards = [
    guardSql(GUARD.staleCatalog, sql`${VERSION} <> ${params.bind(catalogVersion)}`, sql`''`),
    guardSql(
      GUARD.responseTooLarge,
      sql`pg_catalog.octet_length(${plan.action === 'describe' ? sql`r.location::text` : sql`r.body`}) > ${params.bind(plan.responseBytes)}`,
      sql`''`,
    ),
    ...effectGuards(plan, params),
  ]
  return sql`CASE ${joinSql(guards, sql` `)} ELSE true END`
}

/** What must undo a write; a read is judged by its reply instead, which costs no failed statement. */
function effectGuards(plan: Plan, params: Params): Sql[] {
  if ((plan.action !== 'write' && plan.action !== 'call') || plan.media.explain !== null) return []
  const guards: Sql[] = []
  const rows = sql`r.page::text`
  if (plan.action === 'write' && plan.write.kind === 'insert' && plan.write.only !== null) {
    guards.push(guardSql(GUARD.putMismatch, sql`r.page <> 1`, rows))
  }
  if (plan.media.format === 'object' && !isVoid(plan)) {
    guards.push(guardSql(GUARD.singular, sql`r.page <> 1`, rows))
  }
  if (plan.maxAffected !== null) {
    guards.push(guardSql(GUARD.maxAffected, sql`r.page > ${params.bind(plan.maxAffected)}`, rows))
  }
  if (!isReadOnly(plan)) {
    guards.push(
      guardSql(GUARD.responseHeaders, BAD_HEADERS, sql`''`),
      guardSql(GUARD.responseStatus, BAD_STATUS, sql`''`),
    )
  }
  return guards
}

const HEADERS = sql`nullif(pg_catalog.current_setting('response.headers', true), '')`
const STATUS = sql`nullif(pg_catalog.current_setting('response.status', true), '')`
/** False where SQL said something of the reply's headers that is no list of them; null where it said nothing. */
const BAD_HEADERS = sql`NOT db9.is_header_list(${HEADERS})`
const BAD_STATUS = sql`${STATUS} !~ '^[2-5][0-9][0-9]$'`

function isVoid(plan: Plan): boolean {
  return plan.action === 'call' && plan.result.kind === 'void'
}

function guardSql(code: string, condition: Sql, message: Sql): Sql {
  return sql`WHEN ${condition} THEN db9.raise(${sqlState(code)}, ${message}, NULL, NULL)`
}
