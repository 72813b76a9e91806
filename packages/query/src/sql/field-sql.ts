/** SQL of one field with its JSON path and casts. */
import type { PlannedField } from '../plan/plan.ts'
import type { TypeName } from '../policy/cast-types.ts'
import type { JsonStep } from '../syntax/field.ts'
import { type Copied, copiedSql } from './copies-sql.ts'
import type { RowRef } from './row.ts'
import { EMPTY, ident, joinSql, type Params, qualifiedIdent, type Sql, sql } from './sql.ts'
import { typeSql } from './type-sql.ts'

export function castSql(value: Sql, cast: TypeName | null): Sql {
  return cast === null ? value : sql`CAST(${value} AS ${typeSql(cast)})`
}

/** A field of a row: a column or a function of the row, and the path into it. */
export function fieldSql(planned: PlannedField, from: RowRef, params: Params, copied?: Copied): Sql {
  const { base, path, toJson } = planned
  const whole =
    base.kind === 'column'
      ? sql`${from.alias}.${ident(base.name)}`
      : sql`${qualifiedIdent(base.routine)}(${from.row})`
  const copies = copied?.get(planned)
  const value = copies === undefined ? whole : copiedSql(planned, whole, copies)
  if (path.length === 0) return value
  const steps = joinSql(
    path.map((step) => stepSql(step, params)),
    EMPTY,
  )
  return sql`(${toJson ? sql`pg_catalog.to_jsonb(${value})` : copies === undefined ? value : sql`(${value})`}${steps})`
}

function stepSql({ arrow, key }: JsonStep, params: Params): Sql {
  const operand =
    typeof key === 'number'
      ? sql`${params.bind(key)}::pg_catalog.int4`
      : sql`${params.bind(key)}::pg_catalog.text`
  return arrow === '->' ? sql`->${operand}` : sql`->>${operand}`
}
