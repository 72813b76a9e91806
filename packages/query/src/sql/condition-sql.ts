/** SQL of conditions and of joins with embeds. */
import type { FunctionName } from '../catalog/catalog.ts'
import { needsVector } from '../plan/fields.ts'
import type { Embed, PlannedCondition, ReadNode } from '../plan/plan.ts'
import { isOneOf, WILDCARD_OPERATORS } from '../syntax/operators.ts'
import { type Copied, copiedInFilters } from './copies-sql.ts'
import { fieldSql } from './field-sql.ts'
import { IS_SQL, OPERATOR_SQL, QUANTIFIER_SQL, SEARCH_SQL } from './keywords.ts'
import { aliasOf, type RowRef, rowOf, sourceSql } from './row.ts'
import { EMPTY, ident, joinSql, type Params, qualifiedIdent, type Sql, sql, toArrayLiteral } from './sql.ts'

/** The WHERE of a node; `join` ties it to the node it is embedded in. */
export function whereSql(node: ReadNode, params: Params, join: Sql | null = null): Sql {
  const conditions = conditionsSql(node.conditions, rowOf(node), params)
  if (join === null) return conditions === null ? EMPTY : sql` WHERE ${conditions}`
  return conditions === null ? sql` WHERE ${join}` : sql` WHERE ${join} AND ${conditions}`
}

/** Conditions on a row, all of which must hold; null where there are none. */
export function conditionsSql(
  conditions: readonly PlannedCondition[],
  from: RowRef,
  params: Params,
): Sql | null {
  if (conditions.length === 0) return null
  const copied = copiedInFilters(conditions)
  return joinSql(
    conditions.map((condition) => conditionSql(condition, from, params, copied)),
    sql` AND `,
  )
}

function conditionSql(condition: PlannedCondition, from: RowRef, params: Params, copied: Copied): Sql {
  switch (condition.kind) {
    case 'test': {
      const field = fieldSql(condition.field, from, params, copied)
      const test = testSql(field, condition, params)
      return condition.not ? sql`NOT (${test})` : test
    }
    case 'exists': {
      const exists = existsSql(condition.embed, from, params)
      return condition.not ? sql`NOT ${exists}` : exists
    }
    case 'logic': {
      const operator = condition.operator === 'and' ? sql` AND ` : sql` OR `
      const items = joinSql(
        condition.items.map((item) => conditionSql(item, from, params, copied)),
        operator,
      )
      return condition.not ? sql`NOT (${items})` : sql`(${items})`
    }
  }
}

function testSql(
  field: Sql,
  { field: planned, test }: Extract<PlannedCondition, { kind: 'test' }>,
  params: Params,
): Sql {
  const fromText = planned.path.length > 0 ? null : (planned.type.representation?.fromText ?? null)
  switch (test.kind) {
    case 'compare': {
      const parser = isOneOf(WILDCARD_OPERATORS, test.operator) ? null : fromText
      return sql`${field} ${OPERATOR_SQL[test.operator]} ${valueSql(wildcards(test), parser, params)}`
    }
    case 'quantified':
      return sql`${field} ${OPERATOR_SQL[test.operator]} ${QUANTIFIER_SQL[test.quantifier]} (${params.bind(wildcards(test))})`
    case 'in':
      return sql`${field} = ANY (${valuesSql(test.values, fromText, params)})`
    case 'is':
      return sql`${field} IS ${IS_SQL[test.value]}`
    case 'distinct':
      return sql`${field} IS DISTINCT FROM ${valueSql(test.value, fromText, params)}`
    case 'search': {
      const language =
        test.language === null ? EMPTY : sql`${params.bind(test.language)}::pg_catalog.regconfig, `
      const vector = needsVector(planned) ? toVectorSql(field, test.language, params) : field
      return sql`${vector} @@ pg_catalog.${SEARCH_SQL[test.operator]}(${language}${params.bind(test.value)})`
    }
  }
}

/** A value that a field is compared with: of the field's type, or what a domain's own function makes of its text. */
function valueSql(value: string, fromText: FunctionName | null, params: Params): Sql {
  const bound = params.bind(value)
  return fromText === null ? bound : sql`${qualifiedIdent(fromText)}(${bound}::text)`
}

function valuesSql(values: readonly string[], fromText: FunctionName | null, params: Params): Sql {
  const bound = params.bind(toArrayLiteral(values))
  if (fromText === null) return bound
  return sql`ARRAY(SELECT ${qualifiedIdent(fromText)}(v) FROM pg_catalog.unnest(${bound}::text[]) AS v)`
}

function toVectorSql(field: Sql, language: string | null, params: Params): Sql {
  if (language === null) return sql`pg_catalog.to_tsvector(${field})`
  return sql`pg_catalog.to_tsvector(${params.bind(language)}::pg_catalog.regconfig, ${field})`
}

function wildcards({ operator, value }: { operator: string; value: string }): string {
  return isOneOf(WILDCARD_OPERATORS, operator) ? value.replaceAll('*', '%') : value
}

function existsSql(embed: Embed, parent: RowRef, params: Params): Sql {
  const join = embedJoin(parent, embed)
  return sql`EXISTS (SELECT FROM ${join.from}${whereSql(embed.node, params, join.where)})`
}

export interface EmbedJoin {
  from: Sql
  where: Sql
}

/** Where an embed's rows come from, and what ties them to the parent's row. */
export function embedJoin(parent: RowRef, { node, relationship, junctionAlias }: Embed): EmbedJoin {
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
        from: sql`${sourceSql(node)} CROSS JOIN ${qualifiedIdent(relationship.junction)} AS ${junction}`,
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
