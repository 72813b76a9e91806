/** SQL of inserts, updates and deletes. */
import type { Column, Relation } from '../catalog/catalog.ts'
import type { DeleteWrite, InsertWrite, PlannedCondition, UpdateWrite, WritePlan } from '../plan/plan.ts'
import { conditionsSql } from './condition-sql.ts'
import { returningSql, rowRef } from './row.ts'
import {
  catalogExpression,
  EMPTY,
  ident,
  joinSql,
  list,
  type Params,
  qualifiedIdent,
  type Sql,
  sql,
} from './sql.ts'
import { typeSql } from './type-sql.ts'

/** The relation that is written, and the rows of the body. */
const TARGET = sql`t`
const BODY = sql`b`

/**
 * Counts merged rows in a setting of the transaction: `xmax` would need SELECT on the whole table and does not exist
 * on views. `DO UPDATE … WHERE` runs once for each row that is merged.
 */
export const MERGED_SETTING = sql`'db9.merged'`
const COUNT_MERGED = sql`pg_catalog.set_config(${MERGED_SETTING}, (coalesce(nullif(pg_catalog.current_setting(${MERGED_SETTING}, true), ''), '0')::int4 + 1)::text, true) <> ''`

/** The INSERT, UPDATE or DELETE of a plan, with what it returns. */
export function writeSql(plan: WritePlan, params: Params): Sql {
  const returning = sql` RETURNING ${returningSql(plan.returning, TARGET, qualifiedIdent(plan.target))}`
  switch (plan.write.kind) {
    case 'insert':
      return sql`${insertSql(plan.target, plan.write, params)}${returning}`
    case 'update':
      return updateSql(plan, plan.write, params, returning)
    case 'delete':
      return sql`${deleteSql(plan.target, plan.write, params)}${returning}`
  }
}

function insertSql(target: Relation, write: InsertWrite, params: Params): Sql {
  const into = sql`INSERT INTO ${qualifiedIdent(target)} AS ${TARGET}`
  const only = write.only === null ? null : conditionsSql(write.only, rowRef(BODY), params)
  const where = only === null ? EMPTY : sql` WHERE ${only}`
  const conflict = conflictSql(target, write)
  if (write.columns.length === 0) {
    // Rows without a key are rows of defaults.
    return sql`${into} SELECT FROM pg_catalog.json_array_elements(${params.bind(write.body.json)}::json) AS ${BODY}${where}${conflict}`
  }
  const columns = list(write.columns.map(({ name }) => ident(name)))
  const values = list(write.columns.map(({ name }) => sql`${BODY}.${ident(name)}`))
  return sql`${into} (${columns}) SELECT ${values} FROM ${bodySql(write, params)}${where}${conflict}`
}

function conflictSql(relation: Relation, { conflict, columns }: InsertWrite): Sql {
  if (conflict === null) return EMPTY
  const target = list(conflict.columns.map(ident))
  if (conflict.resolution === 'ignore' || columns.length === 0)
    return sql` ON CONFLICT (${target}) DO NOTHING`
  const assignments = list(columns.map(({ name }) => sql`${ident(name)} = EXCLUDED.${ident(name)}`))
  const visible = relation.kind === 'view' ? sql`${showsConflictSql(relation, conflict.columns)} AND ` : EMPTY
  return sql` ON CONFLICT (${target}) DO UPDATE SET ${assignments} WHERE ${visible}${COUNT_MERGED}`
}

/**
 * Whether a view shows the row that is in the way. Before 18.7 Postgres merges into rows that the view hides
 * (CVE-2026-16237); such a row is left as it is.
 */
function showsConflictSql(view: Relation, columns: readonly string[]): Sql {
  const same = columns.map((name) => sql`s.${ident(name)} IS NOT DISTINCT FROM EXCLUDED.${ident(name)}`)
  return sql`EXISTS (SELECT FROM ${qualifiedIdent(view)} AS s WHERE ${joinSql(same, sql` AND `)})`
}

function updateSql(plan: WritePlan, write: UpdateWrite, params: Params, returning: Sql): Sql {
  const target = sql`${qualifiedIdent(plan.target)} AS ${TARGET}`
  if (write.columns.length === 0)
    return sql`SELECT ${returningSql(plan.returning, TARGET, qualifiedIdent(plan.target))} FROM ${target} WHERE false`
  const assignments = list(write.columns.map(({ name }) => sql`${ident(name)} = ${BODY}.${ident(name)}`))
  const body = sql`(SELECT * FROM ${bodySql(write, params)} LIMIT 1) AS ${BODY}`
  return sql`UPDATE ${target} SET ${assignments} FROM ${body}${whereSql(write.conditions, params)}${returning}`
}

function deleteSql(target: Relation, write: DeleteWrite, params: Params): Sql {
  return sql`DELETE FROM ${qualifiedIdent(target)} AS ${TARGET}${whereSql(write.conditions, params)}`
}

function whereSql(conditions: readonly PlannedCondition[], params: Params): Sql {
  const where = conditionsSql(conditions, rowRef(TARGET), params)
  return where === null ? EMPTY : sql` WHERE ${where}`
}

/** The rows of the body as a relation with the types of the columns they are for. */
function bodySql(write: InsertWrite | UpdateWrite, params: Params): Sql {
  if (!write.columns.some(({ type }) => type.representation?.fromJson)) return recordsSql(write, params)
  const values = list(write.columns.map(readSql))
  return sql`(SELECT ${values} FROM ${recordsSql(write, params)}) AS ${BODY}`
}

/** A column of the body; of a domain with a representation, what its own function makes of the JSON. */
function readSql({ name, type }: Column): Sql {
  const value = sql`${BODY}.${ident(name)}`
  const fromJson = type.representation?.fromJson
  return fromJson ? sql`${qualifiedIdent(fromJson)}(${value}) AS ${ident(name)}` : value
}

function recordsSql(write: InsertWrite | UpdateWrite, params: Params): Sql {
  const definition = list(
    write.columns.map(({ name, type }) => {
      return sql`${ident(name)} ${type.representation?.fromJson ? sql`pg_catalog.json` : typeSql(type)}`
    }),
  )
  const json = params.bind(write.body.json)
  const defaults = write.missingDefaults ? write.columns.filter((column) => column.default !== null) : []
  if (defaults.length === 0) {
    return sql`pg_catalog.json_to_recordset(${json}::json) AS ${BODY} (${definition})`
  }
  const rows = sql`(SELECT coalesce(pg_catalog.jsonb_agg(${defaultsSql(defaults, params)} || d.value), '[]') FROM pg_catalog.jsonb_array_elements(${json}::jsonb) AS d)`
  return sql`pg_catalog.jsonb_to_recordset(${rows}) AS ${BODY} (${definition})`
}

/** As it would stand in a body. */
function defaultSql({ default: expression, type }: Column): Sql {
  const value = catalogExpression(expression ?? 'null')
  const { fromJson = null, toJson = null } = type.representation ?? {}
  return fromJson && toJson ? sql`${qualifiedIdent(toJson)}(CAST(${value} AS ${typeSql(type)}))` : value
}

/** An object of defaults, made anew for each row, which the row's own members then cover. */
function defaultsSql(columns: readonly Column[], params: Params): Sql {
  const members = columns.map((column) => sql`${params.bind(column.name)}::text, ${defaultSql(column)}`)
  return sql`pg_catalog.jsonb_build_object(${list(members)})`
}
