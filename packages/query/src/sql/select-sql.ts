/** SQL of a read with its embeds. */
import { outputNames } from '../plan/outputs.ts'
import type {
  AggregateCall,
  Embed,
  Output,
  PlannedField,
  PlannedOrder,
  ReadNode,
  SpreadColumn,
  Value,
} from '../plan/plan.ts'
import { isToOne } from '../plan/relationships.ts'
import type { TypeName } from '../policy/cast-types.ts'
import { ALL_ROWS } from '../syntax/range.ts'
import { type EmbedJoin, embedJoin, whereSql } from './condition-sql.ts'
import { type Copied, copiedInResult } from './copies-sql.ts'
import { castSql, fieldSql } from './field-sql.ts'
import { AGGREGATE_SQL, DIRECTION_SQL, NULLS_SQL } from './keywords.ts'
import { aliasOf, rowOf, sourceSql } from './row.ts'
import { countRowsSql, foldOneSql, foldSql, type RowForm } from './rows-sql.ts'
import { EMPTY, ident, joinSql, list, numberSql, type Params, qualifiedIdent, type Sql, sql } from './sql.ts'

/** The SELECT of a node; `join` is where its rows come from if it is embedded in another. */
export function selectSql(node: ReadNode, params: Params, join: EmbedJoin | null = null): Sql {
  const copied = copiedInResult(node)
  const outputs = list(node.outputs.map((output) => outputSql(node, output, params, copied)))
  const from = join === null ? sourceSql(node) : join.from
  const spreads = joinSql(
    node.outputs.map((output) => (output.kind === 'spread' ? spreadJoinSql(node, output, params) : EMPTY)),
    EMPTY,
  )
  const where = whereSql(node, params, join?.where ?? null)
  return sql`SELECT ${outputs} FROM ${from}${spreads}${where}${groupSql(node)}${orderSql(node, params, copied)}${rangeSql(node, params)}`
}

/** How many rows a node has before its range is applied; no more than `upTo` are counted. */
export function countSql(node: ReadNode, params: Params, upTo: number | null = null): Sql {
  if (upTo !== null) {
    return sql`SELECT pg_catalog.count(*) FROM (${matchingSql(node, params)} LIMIT ${params.bind(upTo)}) AS g`
  }
  if (node.grouped) return sql`SELECT pg_catalog.count(*) FROM (${matchingSql(node, params)}) AS g`
  return sql`SELECT pg_catalog.count(*) FROM ${sourceSql(node)}${whereSql(node, params)}`
}

/** The rows of a node before its range is applied, as few of their columns as will do. */
export function matchingSql(node: ReadNode, params: Params): Sql {
  if (node.grouped) return selectSql({ ...node, order: [], range: ALL_ROWS }, params)
  return sql`SELECT 1 FROM ${sourceSql(node)}${whereSql(node, params)}`
}

function outputSql(node: ReadNode, output: Output, params: Params, copied: Copied): Sql {
  switch (output.kind) {
    case 'all':
      return everythingSql(node)
    case 'value':
      return sql`${valueSql(output.value, node, params, copied)} AS ${ident(output.as)}`
    case 'embed': {
      const embed = embedSql(node, output.embed, params)
      // Only jsonb can be grouped by.
      return sql`${node.grouped ? sql`${embed}::jsonb` : embed} AS ${ident(output.as)}`
    }
    case 'spread':
      return list(output.columns.map((column) => spreadColumnSql(node, ident(output.alias), column)))
    case 'present':
      return sql`true AS ${ident(output.as)}`
  }
}

/** What was handed on may hold more than the columns of the result: those are named one by one. */
function everythingSql(node: ReadNode): Sql {
  const alias = aliasOf(node)
  if (node.source.kind === 'relation' || node.relation.columns.size === 0) return sql`${alias}.*`
  return list([...node.relation.columns.keys()].map((name) => sql`${alias}.${ident(name)}`))
}

function valueSql({ field, cast, aggregate }: Value, node: ReadNode, params: Params, copied: Copied): Sql {
  const value = field === null ? sql`*` : fieldSql(field, rowOf(node), params, copied)
  if (aggregate !== null) return aggregateSql(castSql(value, cast), aggregate)
  const represent = field === null || field.path.length > 0 ? null : field.type.representation
  if (!represent?.toJson || !showsForm(cast)) return castSql(value, cast)
  const json = sql`${qualifiedIdent(represent.toJson)}(${value})`
  if (cast !== null) return castSql(json, cast)
  // Only jsonb can be grouped by.
  return node.grouped ? sql`${json}::jsonb` : json
}

/** A cast to a text or JSON is one of the form that is shown. JSON is cast to nothing else, so any other is one of the value. */
function showsForm(cast: TypeName | null): boolean {
  return cast === null || (cast.schema === 'pg_catalog' && FORM_TYPES.has(cast.name))
}

const FORM_TYPES: ReadonlySet<string> = new Set(['text', 'varchar', 'json', 'jsonb'])

function spreadColumnSql({ grouped }: ReadNode, alias: Sql, column: SpreadColumn): Sql {
  const { name, as, aggregate, isJson } = column
  const own = sql`${alias}.${ident(name)}`
  const value = grouped && isJson && aggregate === null ? sql`${own}::jsonb` : own
  return sql`${aggregate === null ? value : aggregateSql(value, aggregate)} AS ${ident(as)}`
}

function aggregateSql(value: Sql, aggregate: AggregateCall): Sql {
  return castSql(sql`pg_catalog.${AGGREGATE_SQL[aggregate.function]}(${value})`, aggregate.cast)
}

/** An embedded resource as one JSON value: an object or null, or an array. */
function embedSql(parent: ReadNode, embed: Embed, params: Params): Sql {
  const rows = selectSql(embed.node, params, embedJoin(rowOf(parent), embed))
  const input = { node: embed.node, rows, alias: EMBEDDED, params }
  const { value, from } = isToOne(embed.relationship)
    ? foldOneSql({ ...input, form: OBJECT_FORM })
    : foldSql({ ...input, form: ARRAY_FORM })
  return sql`(SELECT ${value} FROM ${from})`
}

/** Rows of an embed. */
const EMBEDDED = sql`e`

const ARRAY_FORM: RowForm = {
  inPlace: (alias) => arraySql(sql`${alias}.*`),
  row: (alias) => sql`pg_catalog.row_to_json(${alias}.*)`,
  fold: arraySql,
}

const OBJECT_FORM: RowForm = { ...ARRAY_FORM, inPlace: ARRAY_FORM.row }

function arraySql(values: Sql): Sql {
  return sql`coalesce(pg_catalog.json_agg(${values}), '[]')`
}

/** The rows whose outputs stand among the parent's: one row, or one row of arrays. */
function spreadJoinSql(
  parent: ReadNode,
  { alias, embed }: { alias: string; embed: Embed },
  params: Params,
): Sql {
  const rows = selectSql(embed.node, params, embedJoin(rowOf(parent), embed))
  const spread = isToOne(embed.relationship)
    ? rows
    : sql`SELECT ${arraysSql(embed.node, params)} FROM (${rows}) AS ${EMBEDDED}`
  return sql` LEFT JOIN LATERAL (${spread}) AS ${ident(alias)} ON true`
}

function arraysSql(node: ReadNode, params: Params): Sql {
  return list(
    outputNames(node).map((name, i) => {
      const array = arraySql(sql`${EMBEDDED}.${ident(name)}`)
      const counted = i === 0 ? countRowsSql({ node, alias: EMBEDDED, params }, array) : array
      return sql`${counted} AS ${ident(name)}`
    }),
  )
}

/** Outputs are grouped by their position: an expression with parameters would not be the same one twice. */
function groupSql(node: ReadNode): Sql {
  if (!node.grouped) return EMPTY
  const isKey = node.outputs.flatMap((output) => {
    if (output.kind === 'spread') return output.columns.map(({ aggregate }) => aggregate === null)
    return [output.kind !== 'value' || output.value.aggregate === null]
  })
  const positions = isKey.flatMap((key, i) => (key ? [numberSql(i + 1)] : []))
  return positions.length === 0 ? EMPTY : sql` GROUP BY ${list(positions)}`
}

function orderSql(node: ReadNode, params: Params, copied: Copied): Sql {
  if (node.order.length === 0) return EMPTY
  return sql` ORDER BY ${list(node.order.map((term) => orderTermSql(node, term, params, copied)))}`
}

function orderTermSql(
  node: ReadNode,
  { embed, field, direction, nulls }: PlannedOrder,
  params: Params,
  copied: Copied,
): Sql {
  const value =
    embed === null
      ? fieldSql(field, rowOf(node), params, copied)
      : (spreadFieldSql(node, embed, field) ?? relatedFieldSql(node, embed, field, params))
  const by = direction === null ? EMPTY : DIRECTION_SQL[direction]
  return sql`${value}${by}${nulls === null ? EMPTY : NULLS_SQL[nulls]}`
}

/** A field of a to-one embed that is spread into a grouped node: what is grouped by is the column of the spread. */
function spreadFieldSql(
  { grouped, outputs }: ReadNode,
  embed: Embed,
  { base, path }: PlannedField,
): Sql | null {
  const spread = outputs.find((output) => output.kind === 'spread' && output.embed === embed)
  if (!grouped || spread?.kind !== 'spread' || base.kind !== 'column' || path.length > 0) return null
  const column = embed.node.outputs.find(
    (output) =>
      output.kind === 'value' && output.value.cast === null && isColumn(output.value.field, base.name),
  )
  return column?.kind === 'value' ? sql`${ident(spread.alias)}.${ident(column.as)}` : null
}

function isColumn(field: PlannedField | null, name: string): boolean {
  return field?.base.kind === 'column' && field.base.name === name && field.path.length === 0
}

/** A field of a to-one embed; filters on the embed hide it here as they do in the result. */
function relatedFieldSql(parent: ReadNode, embed: Embed, field: PlannedField, params: Params): Sql {
  const join = embedJoin(rowOf(parent), embed)
  const value = fieldSql(field, rowOf(embed.node), params)
  return sql`(SELECT ${value} FROM ${join.from}${whereSql(embed.node, params, join.where)} LIMIT 1)`
}

function rangeSql({ range }: ReadNode, params: Params): Sql {
  const limit = range.limit === null ? EMPTY : sql` LIMIT ${params.bind(range.limit)}`
  return range.offset === 0 ? limit : sql`${limit} OFFSET ${params.bind(range.offset)}`
}
