import { outputNames } from '../plan/outputs.ts'
import type { CallPlan, CallResult, ReadNode, ReadPlan, TotalBy, WritePlan } from '../plan/plan.ts'
import type { Media } from '../syntax/media.ts'
import { plannedRowsSql } from './explain-sql.ts'
import { CALLED, WRITTEN } from './row.ts'
import { countSql, matchingSql, selectSql } from './select-sql.ts'
import { ident, list, type Params, type Sql, sql } from './sql.ts'

/*
 * One row of `total`, `page`, `body` and `location` for each kind of plan: rows `t` are counted and become the text of
 * the reply.
 */

export function readResultSql(plan: ReadPlan, params: Params): Sql {
  const rows = selectSql(plan.root, params)
  const body = plan.head ? sql`NULL::text` : bodySql(plan.media, plan.root, params)
  return sql`SELECT ${totalSql(plan.total, plan.root, params)} AS total, pg_catalog.count(*) AS page, ${body} AS body, NULL AS location FROM (${rows}) AS t`
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
  const { result } = plan
  if (result.kind === 'void') {
    return sql`SELECT NULL AS total, pg_catalog.count(*) AS page, NULL::text AS body, NULL AS location FROM ${CALLED}`
  }
  const rows = selectSql(result.node, params)
  const body = plan.head ? sql`NULL::text` : callBodySql(plan.media, result, params)
  return sql`SELECT ${totalSql(plan.total, result.node, params)} AS total, pg_catalog.count(*) AS page, ${body} AS body, NULL AS location FROM (${rows}) AS t`
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
  if (media.format === 'bytes') return sql`coalesce(pg_catalog.min(pg_catalog.encode(${value}, 'hex')), '')`
  if (media.format === 'text') return sql`coalesce(pg_catalog.min(${value}::text), '')`
  return jsonSql(value, isOne)
}

export function writeResultSql(plan: WritePlan, params: Params): Sql {
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
