import type { Batch, Session, Settings, Statement } from '../contract.ts'
import { outputNames } from '../plan/outputs.ts'
import type { CallPlan, CallResult, Plan, ReadNode, ReadPlan, WritePlan } from '../plan/plan.ts'
import type { Media } from '../syntax/media.ts'
import { calledSql } from './call-sql.ts'
import { CALLED, WRITTEN } from './row.ts'
import { countSql, selectSql } from './select-sql.ts'
import { preRequestStatement, setupStatement } from './setup-sql.ts'
import { EMPTY, ident, joinSql, list, Params, type Sql, sql, sqlState } from './sql.ts'
import { MERGED_SETTING, writeSql } from './write-sql.ts'

/** Errors that the main statement raises on purpose, by the SQLSTATE that carries their meaning. */
export const GUARD = {
  staleCatalog: 'DB001',
  singular: 'DB002',
  maxAffected: 'DB003',
  putMismatch: 'DB004',
  responseTooLarge: 'DB005',
} as const

/** Columns of the main statement's row. */
export const ROW = {
  total: 0,
  page: 1,
  body: 2,
  location: 3,
  merged: 4,
  headers: 5,
  status: 6,
} as const

/** The whole transaction of a plan: one round trip. */
export function toBatch(plan: Plan, session: Session, settings: Settings, catalogVersion: string): Batch {
  const statements = [setupStatement(plan, session, settings)]
  const preRequest = preRequestStatement(settings)
  if (preRequest !== null) statements.push(preRequest)
  statements.push(mainStatement(plan, catalogVersion))
  return {
    readOnly: isReadOnly(plan),
    rollback: plan.preferences.tx === 'rollback',
    statements,
  }
}

export function isReadOnly(plan: Plan): boolean {
  return plan.action === 'read' || (plan.action === 'call' && plan.readOnly)
}

function mainStatement(plan: Plan, catalogVersion: string): Statement {
  const params = new Params()
  const text = mainSql(plan, catalogVersion, params)
  return { text, params: params.values }
}

/** What the main statement binds: everything the caller sent, and our own figures. */
export function mainParams(plan: Plan): readonly (string | null)[] {
  return mainStatement(plan, '').params
}

function mainSql(plan: Plan, catalogVersion: string, params: Params): Sql {
  switch (plan.action) {
    case 'read':
      return rowSql(plan, readResultSql(plan, params), catalogVersion, params)
    case 'write':
      return sql`WITH ${WRITTEN} AS (${writeSql(plan, params)}) ${rowSql(plan, writeResultSql(plan, params), catalogVersion, params)}`
    case 'call':
      return sql`WITH ${CALLED} AS ${materializedSql(plan)}(${calledSql(plan, params)}) ${rowSql(plan, callResultSql(plan, params), catalogVersion, params)}`
  }
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
  return sql`SELECT r.total, r.page, r.body, r.location, ${mergedSql(plan)}, nullif(pg_catalog.current_setting('response.headers', true), ''), nullif(pg_catalog.current_setting('response.status', true), ''), ${verdictSql(plan, catalogVersion, params)} FROM (${result}) AS r`
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
      sql`pg_catalog.octet_length(r.body) > ${params.bind(plan.responseBytes)}`,
      sql`''`,
    ),
    ...effectGuards(plan, params),
  ]
  return sql`CASE ${joinSql(guards, sql` `)} ELSE true END`
}

/** What must undo a write; a read is judged by its reply instead, which costs no failed statement. */
function effectGuards(plan: Plan, params: Params): Sql[] {
  if (plan.action === 'read') return []
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
  return guards
}

function isVoid(plan: Plan): boolean {
  return plan.action === 'call' && plan.result.kind === 'void'
}

function guardSql(code: string, condition: Sql, message: Sql): Sql {
  return sql`WHEN ${condition} THEN db9.raise(${sqlState(code)}, ${message}, NULL, NULL)`
}

function readResultSql(plan: ReadPlan, params: Params): Sql {
  const rows = selectSql(plan.root, params)
  const body = plan.head ? sql`NULL::text` : bodySql(plan.media, plan.root, params)
  return sql`SELECT ${totalSql(plan.countTotal, plan.root, params)} AS total, pg_catalog.count(*) AS page, ${body} AS body, NULL AS location FROM (${rows}) AS t`
}

/** Counted anew only where the range may have cut something off. */
function totalSql(isCounted: boolean, node: ReadNode, params: Params): Sql {
  if (!isCounted) return sql`NULL`
  const isWhole = node.range.limit === null && node.range.offset === 0
  return isWhole ? sql`pg_catalog.count(*)` : sql`(${countSql(node, params)})`
}

function callResultSql(plan: CallPlan, params: Params): Sql {
  const { result } = plan
  if (result.kind === 'void') {
    return sql`SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM ${CALLED}`
  }
  const rows = selectSql(result.node, params)
  const body = plan.head ? sql`NULL::text` : callBodySql(plan.media, result, params)
  return sql`SELECT ${totalSql(plan.countTotal, result.node, params)} AS total, pg_catalog.count(*) AS page, ${body} AS body, NULL AS location FROM (${rows}) AS t`
}

function callBodySql(
  media: Media,
  { shape, node }: Extract<CallResult, { kind: 'rows' }>,
  params: Params,
): Sql {
  if (media.format === 'csv' || shape === 'rows') return bodySql(media, node, params)
  const isOne = shape !== 'scalars' || media.format === 'object'
  const isScalar = shape !== 'row'
  const value = isScalar ? sql`t.${ident(outputNames(node)[0] ?? '')}` : rowJsonSql(media)
  return jsonSql(value, isOne)
}

function writeResultSql(plan: WritePlan, params: Params): Sql {
  const count = sql`(SELECT pg_catalog.count(*) FROM ${WRITTEN})`
  const location = locationSql(plan)
  if (plan.returned === null) {
    return sql`SELECT NULL AS total, ${count} AS page, NULL::text AS body, ${location} AS location`
  }
  const rows = selectSql(plan.returned, params)
  const body = bodySql(plan.media, plan.returned, params)
  return sql`SELECT NULL AS total, ${count} AS page, ${body} AS body, ${location} AS location FROM (${rows}) AS t`
}

/** The primary key of the only row written, as a JSON array of texts. */
function locationSql({ location }: WritePlan): Sql {
  if (location.length === 0) return sql`NULL`
  const values = location.map((column) => sql`pg_catalog.min(${WRITTEN}.${ident(column)}::text)`)
  return sql`(SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.json_build_array(${list(values)}) END FROM ${WRITTEN})`
}

/** Rows `t` as the text of the reply. */
function bodySql(media: Media, node: ReadNode, params: Params): Sql {
  if (media.format === 'csv') return csvSql(node, params)
  return jsonSql(rowJsonSql(media), media.format === 'object')
}

function rowJsonSql(media: Media): Sql {
  return media.stripNulls ? sql`pg_catalog.json_strip_nulls(pg_catalog.row_to_json(t.*))` : sql`t.*`
}

function jsonSql(value: Sql, isOne: boolean): Sql {
  const values = sql`pg_catalog.json_agg(${value})`
  return isOne ? sql`coalesce((${values}->0)::text, 'null')` : sql`coalesce(${values}::text, '[]')`
}

function csvSql(node: ReadNode, params: Params): Sql {
  const header = `${outputNames(node).map(csvField).join(',')}\n`
  const line = sql`pg_catalog.substring(t.*::text, 2, pg_catalog.length(t.*::text) - 2)`
  return sql`${params.bind(header)} || coalesce(pg_catalog.string_agg(${line}, E'\\n'), '')`
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
