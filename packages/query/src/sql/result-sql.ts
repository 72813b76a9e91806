/** SQL of the one row that a statement gives: body, counts, settings. */
import { outputNames } from '../plan/outputs.ts'
import type { CallPlan, CallResult, ReadNode, ReadPlan, TotalBy, WritePlan } from '../plan/plan.ts'
import type { Media } from '../syntax/media.ts'
import { plannedRowsSql } from './explain-sql.ts'
import { CALLED, WRITTEN } from './row.ts'
import { countRowsSql, type Folded, type FoldInput, foldOneSql, foldSql, type RowForm } from './rows-sql.ts'
import { countSql, matchingSql, selectSql } from './select-sql.ts'
import { ident, list, type Params, qualifiedIdent, type Sql, sql } from './sql.ts'

/*
 * One row of `total`, `page`, `body` and `location` for each kind of plan: rows `t` are counted and become the text of
 * the reply.
 */

export function readResultSql(plan: ReadPlan, params: Params): Sql {
  const { root, media } = plan
  const rows = selectSql(root, params)
  const total = totalSql(plan.total, root, params)
  if (plan.head) return pageSql(total, { from: sql`(${rows}) AS ${ROWS}`, value: NO_BODY })
  if (media.handler !== null) return pageSql(total, handledSql(media, { node: root, rows, params }))
  const input = { node: root, rows, alias: ROWS, form: formOf(media, root, params), params }
  return pageSql(total, isUnique(root) ? foldOneSql(input) : foldSql(input))
}

function pageSql(total: Sql, { from, value }: Folded): Sql {
  return sql`SELECT ${total} AS total, pg_catalog.count(*) AS page, ${value} AS body, NULL AS location FROM ${from}`
}

function totalSql(total: TotalBy | null, node: ReadNode, params: Params): Sql {
  switch (total?.by) {
    case undefined:
      return sql`NULL`
    case 'count':
      return countedSql(node, params)
    case 'bound':
      return sql`(${countSql(node, params, total.upTo + 1)})`
    case 'planner':
      return plannedSql(node, params)
    case 'estimate': {
      const some = sql`(${countSql(node, params, total.upTo + 1)})`
      return sql`(SELECT CASE WHEN n.n > ${params.bind(total.upTo)} THEN greatest(n.n, ${plannedSql(node, params)}) ELSE n.n END FROM ${some} AS n(n))`
    }
  }
}

/** Counted anew only where the range may have cut something off. */
function countedSql(node: ReadNode, params: Params): Sql {
  const isWhole = node.range.limit === null && node.range.offset === 0
  return isWhole ? sql`pg_catalog.count(*)` : sql`(${countSql(node, params)})`
}

/** The planner is asked about the rows themselves: a count would be one row. */
function plannedSql(node: ReadNode, params: Params): Sql {
  return plannedRowsSql(params, (pieces) => matchingSql(node, pieces))
}

export function callResultSql(plan: CallPlan, params: Params): Sql {
  const { result, media } = plan
  if (result.kind === 'void') return pageSql(sql`NULL`, { from: CALLED, value: NO_BODY })
  const { node, shape } = result
  const rows = selectSql(node, params)
  const total = totalSql(plan.total, node, params)
  if (plan.head) return pageSql(total, { from: sql`(${rows}) AS ${ROWS}`, value: NO_BODY })
  if (media.handler !== null) return pageSql(total, handledSql(media, { node, rows, params }))
  const form = calledForm(media, result, params)
  const input = { node, rows, alias: ROWS, form, params }
  const isOne = shape === 'row' || shape === 'scalar'
  return pageSql(total, isOne ? foldOneSql(input) : foldSql(input))
}

function calledForm(
  media: Media,
  { shape, node }: Extract<CallResult, { kind: 'rows' }>,
  params: Params,
): RowForm {
  if (media.format === 'csv' || shape === 'rows') return formOf(media, node, params)
  const isOne = shape !== 'scalars' || media.format === 'object'
  if (shape === 'row') return jsonForm(rowJson(media), isOne)
  const value = (alias: Sql) => sql`${alias}.${ident(outputNames(node)[0] ?? '')}`
  if (media.format === 'bytes') return valueForm((alias) => sql`pg_catalog.encode(${value(alias)}, 'hex')`)
  if (media.format === 'text') return valueForm((alias) => sql`${value(alias)}::text`)
  const json = (alias: Sql) => sql`coalesce(pg_catalog.to_json(${value(alias)}), 'null')`
  if (!media.stripNulls) return jsonForm({ inPlace: value, row: json }, isOne)
  const stripped = (alias: Sql) => sql`pg_catalog.json_strip_nulls(${json(alias)})`
  return jsonForm({ inPlace: stripped, row: stripped }, isOne)
}

export function writeResultSql(plan: WritePlan, params: Params): Sql {
  const count = sql`(SELECT pg_catalog.count(*) FROM ${WRITTEN})`
  const location = locationSql(plan)
  const { returned, media } = plan
  if (returned === null) {
    return sql`SELECT NULL AS total, ${count} AS page, ${NO_BODY} AS body, ${location} AS location`
  }
  const rows = selectSql(returned, params)
  const { from, value } =
    media.handler === null
      ? foldSql({ node: returned, rows, alias: ROWS, form: formOf(media, returned, params), params })
      : handledSql(media, { node: returned, rows, params })
  return sql`SELECT NULL AS total, ${count} AS page, ${value} AS body, ${location} AS location FROM ${from}`
}

/** The primary key of the only row written, as a JSON array of texts. */
function locationSql({ location }: WritePlan): Sql {
  if (location.length === 0) return sql`NULL`
  const values = location.map((column) => sql`pg_catalog.min(${WRITTEN}.${ident(column)}::text)`)
  return sql`(SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.json_build_array(${list(values)}) END FROM ${WRITTEN})`
}

/** Whether the conditions name one row by a key, so that there can be no more. */
function isUnique({ relation, conditions }: ReadNode): boolean {
  if (relation.kind !== 'table') return false
  const named = new Set(
    conditions.flatMap((condition) => {
      if (condition.kind !== 'test' || condition.not) return []
      const { field, test } = condition
      const isEqual = test.kind === 'compare' && test.operator === 'eq'
      return isEqual && field.base.kind === 'column' && field.path.length === 0 ? [field.base.name] : []
    }),
  )
  return relation.uniqueKeys.some((key) => key.length > 0 && key.every((column) => named.has(column)))
}

/** The rows given to the owner's aggregate, whose text or bytes are the reply. */
function handledSql(
  { handler, format }: Media,
  { node, rows, params }: Pick<FoldInput, 'node' | 'rows' | 'params'>,
): Folded {
  const from = sql`(${rows}) AS ${ROWS}`
  if (handler === null) return { from, value: NO_BODY }
  const row = handler.takesRelation ? sql`(${ROWS}.*)::${qualifiedIdent(node.relation)}` : sql`${ROWS}.*`
  const made = sql`${qualifiedIdent(handler)}(${row})`
  const text = format === 'bytes' ? sql`pg_catalog.encode(${made}, 'hex')` : sql`${made}::text`
  return { from, value: countRowsSql({ node, alias: ROWS, params }, sql`coalesce(${text}, '')`) }
}

/** The rows of the result. */
const ROWS = sql`t`
const NO_BODY = sql`NULL::text`

/** Rows as the text of the reply. */
function formOf(media: Media, node: ReadNode, params: Params): RowForm {
  return media.format === 'csv' ? csvForm(node, params) : jsonForm(rowJson(media), media.format === 'object')
}

/** A row, or a value of it, as JSON: by itself, and as `json_agg` takes it. */
type JsonRow = Pick<RowForm, 'inPlace' | 'row'>

function rowJson({ stripNulls }: Media): JsonRow {
  const row = (alias: Sql) => sql`pg_catalog.row_to_json(${alias}.*)`
  const stripped = (alias: Sql) => sql`pg_catalog.json_strip_nulls(${row(alias)})`
  return stripNulls ? { inPlace: stripped, row: stripped } : { inPlace: (alias) => sql`${alias}.*`, row }
}

function jsonForm({ inPlace, row }: JsonRow, isOne: boolean): RowForm {
  const agg = (values: Sql) => sql`pg_catalog.json_agg(${values})`
  if (isOne) {
    const first = (values: Sql) => sql`coalesce((${agg(values)}->0)::text, 'null')`
    return { inPlace: (alias) => first(inPlace(alias)), row, fold: first }
  }
  return {
    inPlace: (alias) => sql`coalesce(${agg(inPlace(alias))}::text, '[]')`,
    row: (alias) => sql`${row(alias)}::text`,
    // Written as json_agg writes it, which would read each row once more.
    fold: (value) => sql`coalesce('[' || pg_catalog.string_agg(${value}, E', \\n ') || ']', '[]')`,
  }
}

/** The only value, by itself. */
function valueForm(text: (alias: Sql) => Sql): RowForm {
  const fold = (value: Sql) => sql`coalesce(pg_catalog.min(${value}), '')`
  return { inPlace: (alias) => fold(text(alias)), row: text, fold }
}

/** A row prints as its fields between brackets. */
function csvForm(node: ReadNode, params: Params): RowForm {
  const header = params.bind(`${outputNames(node).map(csvField).join(',')}\n`)
  const fold = (value: Sql) => {
    const line = sql`pg_catalog.substring(${value}, 2, pg_catalog.length(${value}) - 2)`
    return sql`${header} || coalesce(pg_catalog.string_agg(${line}, E'\\n'), '')`
  }
  const row = (alias: Sql) => sql`${alias}.*::text`
  return { inPlace: (alias) => fold(row(alias)), row, fold }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
