import { needsVector } from '../plan/fields.ts'
import { outputNames } from '../plan/outputs.ts'
import type {
  AggregateCall,
  Embed,
  Output,
  PlannedCondition,
  PlannedField,
  PlannedOrder,
  ReadNode,
  ReturnedColumn,
  SpreadColumn,
  Value,
} from '../plan/plan.ts'
import { isToOne } from '../plan/relationships.ts'
import type { JsonStep } from '../syntax/field.ts'
import type { Test } from '../syntax/filter.ts'
import { isOneOf, WILDCARD_OPERATORS } from '../syntax/operators.ts'
import {
  AGGREGATE_SQL,
  DIRECTION_SQL,
  IS_SQL,
  NULLS_SQL,
  OPERATOR_SQL,
  QUANTIFIER_SQL,
  SEARCH_SQL,
} from './keywords.ts'
import {
  EMPTY,
  ident,
  joinSql,
  list,
  type Params,
  positionSql,
  qualifiedIdent,
  type Sql,
  sql,
  toArrayLiteral,
} from './sql.ts'
import { castTypeSql } from './type-sql.ts'

/** What a write returned is read under this name. */
export const WRITTEN = sql`w`
/** What a function returned is read under this name. */
export const CALLED = sql`f`

/** A row in scope: the name its columns are reached by, and the row itself as an argument of functions. */
export interface RowRef {
  alias: Sql
  row: Sql
}

/** The column in which a write or call hands on its whole row, typed as the relation. */
const ROW_COLUMN = ident('db9 row')

/** A column may bear the alias' name: with the star it is the row all the same. */
export function rowRef(alias: Sql): RowRef {
  return { alias, row: sql`${alias}.*` }
}

function rowOf(node: ReadNode): RowRef {
  const alias = aliasOf(node)
  return node.source.kind === 'relation' ? rowRef(alias) : { alias, row: sql`${alias}.${ROW_COLUMN}` }
}

/** What a write or call hands on of the row `from`. */
export function returningSql(columns: readonly ReturnedColumn[], from: Sql, type: Sql): Sql {
  if (columns.length === 0) return sql`1`
  return list(
    columns.map((column) =>
      column.kind === 'row'
        ? sql`${from}.*::${type} AS ${ROW_COLUMN}`
        : sql`${from}.${ident(column.name)} AS ${ident(column.name)}`,
    ),
  )
}

/** The SELECT of a node. `join` is the condition that ties it to the node it is embedded in. */
export function selectSql(
  node: ReadNode,
  params: Params,
  join: { from: Sql; where: Sql } | null = null,
): Sql {
  const outputs = list(node.outputs.map((output) => outputSql(node, output, params)))
  const from = join === null ? sourceSql(node) : join.from
  const spreads = joinSql(
    node.outputs.map((output) => (output.kind === 'spread' ? spreadJoinSql(node, output, params) : EMPTY)),
    EMPTY,
  )
  const where = whereSql(node, params, join?.where ?? null)
  return sql`SELECT ${outputs} FROM ${from}${spreads}${where}${groupSql(node)}${orderSql(node, params)}${rangeSql(node, params)}`
}

/** How many rows a node has before its range is applied. */
export function countSql(node: ReadNode, params: Params): Sql {
  return sql`SELECT pg_catalog.count(*) FROM ${sourceSql(node)}${whereSql(node, params, null)}`
}

export function conditionsSql(
  conditions: readonly PlannedCondition[],
  from: RowRef,
  params: Params,
): Sql | null {
  if (conditions.length === 0) return null
  return joinSql(
    conditions.map((condition) => conditionSql(condition, from, params)),
    sql` AND `,
  )
}

function aliasOf(node: ReadNode): Sql {
  return ident(node.alias)
}

function sourceSql(node: ReadNode): Sql {
  switch (node.source.kind) {
    case 'relation':
      return sql`${qualifiedIdent(node.relation)} AS ${aliasOf(node)}`
    case 'written':
      return sql`${WRITTEN} AS ${aliasOf(node)}`
    case 'called':
      return sql`${CALLED} AS ${aliasOf(node)}`
  }
}

function whereSql(node: ReadNode, params: Params, join: Sql | null): Sql {
  const conditions = conditionsSql(node.conditions, rowOf(node), params)
  if (join === null) return conditions === null ? EMPTY : sql` WHERE ${conditions}`
  return conditions === null ? sql` WHERE ${join}` : sql` WHERE ${join} AND ${conditions}`
}

function outputSql(node: ReadNode, output: Output, params: Params): Sql {
  switch (output.kind) {
    case 'all':
      return everythingSql(node)
    case 'value':
      return sql`${valueSql(output.value, node, params)} AS ${ident(output.as)}`
    case 'embed': {
      const embed = embedSql(node, output.embed, params)
      // Only jsonb can be grouped by.
      return sql`${node.grouped ? sql`${embed}::jsonb` : embed} AS ${ident(output.as)}`
    }
    case 'spread':
      return list(output.columns.map((column) => spreadColumnSql(ident(output.alias), column)))
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

function valueSql({ field, cast, aggregate }: Value, node: ReadNode, params: Params): Sql {
  const value = field === null ? sql`*` : castSql(fieldSql(field, rowOf(node), params), cast)
  return aggregate === null ? value : aggregateSql(value, aggregate)
}

function spreadColumnSql(alias: Sql, { name, as, aggregate }: SpreadColumn): Sql {
  const value = sql`${alias}.${ident(name)}`
  return sql`${aggregate === null ? value : aggregateSql(value, aggregate)} AS ${ident(as)}`
}

function aggregateSql(value: Sql, aggregate: AggregateCall): Sql {
  return castSql(sql`pg_catalog.${AGGREGATE_SQL[aggregate.function]}(${value})`, aggregate.cast)
}

function castSql(value: Sql, cast: string | null): Sql {
  return cast === null ? value : sql`CAST(${value} AS ${castTypeSql(cast)})`
}

function fieldSql({ base, path, toJson }: PlannedField, from: RowRef, params: Params): Sql {
  const value =
    base.kind === 'column'
      ? sql`${from.alias}.${ident(base.name)}`
      : sql`${qualifiedIdent(base.routine)}(${from.row})`
  if (path.length === 0) return value
  const steps = joinSql(
    path.map((step) => stepSql(step, params)),
    EMPTY,
  )
  return sql`(${toJson ? sql`pg_catalog.to_jsonb(${value})` : value}${steps})`
}

function stepSql({ arrow, key }: JsonStep, params: Params): Sql {
  const operand =
    typeof key === 'number'
      ? sql`${params.bind(key)}::pg_catalog.int4`
      : sql`${params.bind(key)}::pg_catalog.text`
  return arrow === '->' ? sql`->${operand}` : sql`->>${operand}`
}

function conditionSql(condition: PlannedCondition, from: RowRef, params: Params): Sql {
  switch (condition.kind) {
    case 'test': {
      const test = testSql(condition.field, condition.test, from, params)
      return condition.not ? sql`NOT (${test})` : test
    }
    case 'exists': {
      const exists = existsSql(condition.embed, from, params)
      return condition.not ? sql`NOT ${exists}` : exists
    }
    case 'logic': {
      const operator = condition.operator === 'and' ? sql` AND ` : sql` OR `
      const items = joinSql(
        condition.items.map((item) => conditionSql(item, from, params)),
        operator,
      )
      return condition.not ? sql`NOT (${items})` : sql`(${items})`
    }
  }
}

function testSql(planned: PlannedField, test: Test, from: RowRef, params: Params): Sql {
  const field = fieldSql(planned, from, params)
  switch (test.kind) {
    case 'compare':
      return sql`${field} ${OPERATOR_SQL[test.operator]} ${params.bind(wildcards(test))}`
    case 'quantified':
      return sql`${field} ${OPERATOR_SQL[test.operator]} ${QUANTIFIER_SQL[test.quantifier]} (${params.bind(wildcards(test))})`
    case 'in':
      return sql`${field} = ANY (${params.bind(toArrayLiteral(test.values))})`
    case 'is':
      return sql`${field} IS ${IS_SQL[test.value]}`
    case 'distinct':
      return sql`${field} IS DISTINCT FROM ${params.bind(test.value)}`
    case 'search': {
      const language =
        test.language === null ? EMPTY : sql`${params.bind(test.language)}::pg_catalog.regconfig, `
      const vector = needsVector(planned) ? toVectorSql(field, test.language, params) : field
      return sql`${vector} @@ pg_catalog.${SEARCH_SQL[test.operator]}(${language}${params.bind(test.value)})`
    }
  }
}

function toVectorSql(field: Sql, language: string | null, params: Params): Sql {
  if (language === null) return sql`pg_catalog.to_tsvector(${field})`
  return sql`pg_catalog.to_tsvector(${params.bind(language)}::pg_catalog.regconfig, ${field})`
}

function wildcards({ operator, value }: { operator: string; value: string }): string {
  return isOneOf(WILDCARD_OPERATORS, operator) ? value.replaceAll('*', '%') : value
}

/** An embedded resource as one JSON value: an object or null, or an array. */
function embedSql(parent: ReadNode, embed: Embed, params: Params): Sql {
  const rows = embeddedSelectSql(rowOf(parent), embed, params)
  return isToOne(embed.relationship)
    ? sql`(SELECT pg_catalog.row_to_json(e.*) FROM (${rows}) AS e)`
    : sql`(SELECT coalesce(pg_catalog.json_agg(e.*), '[]') FROM (${rows}) AS e)`
}

/** The rows whose outputs stand among the parent's: one row, or one row of arrays. */
function spreadJoinSql(
  parent: ReadNode,
  { alias, embed }: { alias: string; embed: Embed },
  params: Params,
): Sql {
  const rows = embeddedSelectSql(rowOf(parent), embed, params)
  const spread = isToOne(embed.relationship) ? rows : sql`SELECT ${arraysSql(embed.node)} FROM (${rows}) AS e`
  return sql` LEFT JOIN LATERAL (${spread}) AS ${ident(alias)} ON true`
}

function arraysSql(node: ReadNode): Sql {
  return list(
    outputNames(node).map(
      (name) => sql`coalesce(pg_catalog.json_agg(e.${ident(name)}), '[]') AS ${ident(name)}`,
    ),
  )
}

function embeddedSelectSql(parent: RowRef, embed: Embed, params: Params): Sql {
  return selectSql(embed.node, params, embedJoin(parent, embed))
}

function existsSql(embed: Embed, parent: RowRef, params: Params): Sql {
  const join = embedJoin(parent, embed)
  return sql`EXISTS (SELECT FROM ${join.from}${whereSql(embed.node, params, join.where)})`
}

/** Where an embed's rows come from, and what ties them to the parent's row. */
function embedJoin(parent: RowRef, { node, relationship, junctionAlias }: Embed): { from: Sql; where: Sql } {
  const child = aliasOf(node)
  switch (relationship.kind) {
    case 'key':
      return {
        from: sourceSql(node),
        where: equalSql(relationship.pairs.map(([left, right]) => [parent.alias, left, child, right])),
      }
    case 'junction': {
      const junction = ident(junctionAlias)
      const { source, target } = relationship
      return {
        from: sql`${sourceSql(node)}, ${qualifiedIdent(relationship.junction)} AS ${junction}`,
        where: equalSql([
          ...source.columns.map(
            (column, i) => [parent.alias, source.referenced[i] ?? '', junction, column] as const,
          ),
          ...target.columns.map(
            (column, i) => [child, target.referenced[i] ?? '', junction, column] as const,
          ),
        ]),
      }
    }
    case 'computed':
      return {
        from: sql`${qualifiedIdent(relationship.routine)}(${parent.row}) AS ${child}`,
        where: sql`true`,
      }
  }
}

function equalSql(pairs: readonly (readonly [Sql, string, Sql, string])[]): Sql {
  return joinSql(
    pairs.map(([left, leftColumn, right, rightColumn]) => {
      return sql`${left}.${ident(leftColumn)} = ${right}.${ident(rightColumn)}`
    }),
    sql` AND `,
  )
}

/** Outputs are grouped by their position: an expression with parameters would not be the same one twice. */
function groupSql(node: ReadNode): Sql {
  if (!node.grouped) return EMPTY
  const isKey = node.outputs.flatMap((output) => {
    if (output.kind === 'spread') return output.columns.map(({ aggregate }) => aggregate === null)
    return [output.kind !== 'value' || output.value.aggregate === null]
  })
  const positions = isKey.flatMap((key, i) => (key ? [positionSql(i + 1)] : []))
  return positions.length === 0 ? EMPTY : sql` GROUP BY ${list(positions)}`
}

function orderSql(node: ReadNode, params: Params): Sql {
  if (node.order.length === 0) return EMPTY
  return sql` ORDER BY ${list(node.order.map((term) => orderTermSql(node, term, params)))}`
}

function orderTermSql(node: ReadNode, { embed, field, direction, nulls }: PlannedOrder, params: Params): Sql {
  const value =
    embed === null ? fieldSql(field, rowOf(node), params) : relatedFieldSql(node, embed, field, params)
  const by = direction === null ? EMPTY : DIRECTION_SQL[direction]
  return sql`${value}${by}${nulls === null ? EMPTY : NULLS_SQL[nulls]}`
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
