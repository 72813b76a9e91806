/**
 * Copies of one value in memory. Postgres reads a stored value anew for each expression that looks into it, and keeps
 * that, and what each step of a path leads to, until it is done with the row. So where an ordinary value would be copied
 * many times its size is looked at first.
 */
import type { PlannedCondition, PlannedField, ReadNode } from '../plan/plan.ts'
import type { Test } from '../syntax/filter.ts'
import { GUARD } from './main-row.ts'
import { sizeOfColumn } from './size-sql.ts'
import { numberSql, type Sql, sql, sqlState } from './sql.ts'

/** All copies of one value in one row, in bytes. */
const MAX_BYTES = 20 * 1024 * 1024
/** So many copies are made of any value. */
const FEW_IN_RESULT = 8
/** A filter whose column is looked at first can no longer be answered by an index, so there may be more of them. */
const FEW_IN_FILTERS = 32
/** How much smaller a value can be stored than it is (pg_lzcompress.c: 273 bytes become three, and an eighth). */
const MAX_COMPRESSION = 90

/** Fields whose column is to be looked at first, and how many copies there are of it. */
export type Copied = ReadonlyMap<PlannedField, number>

/** Of a node's outputs and order: the first field of each column, since they are worked out in this order. */
export function copiedInResult({ outputs, order }: ReadNode): Copied {
  const outputFields = outputs.flatMap((output) =>
    output.kind === 'value' ? (output.value.field ?? []) : [],
  )
  const orderFields = order.flatMap(({ embed, field }) => (embed === null ? field : []))
  const fields = [...outputFields, ...orderFields].filter(({ path }) => path.length > 0)
  const groups = Map.groupBy(fields, columnOf)
  return new Map(
    [...groups].flatMap(([column, group]): [PlannedField, number][] => {
      const [first] = group
      const copies = sum(group.map(copiesOf))
      return column === null || first === undefined || copies <= FEW_IN_RESULT ? [] : [[first, copies]]
    }),
  )
}

/** Of conditions: every field, since Postgres chooses the order. */
export function copiedInFilters(conditions: readonly PlannedCondition[]): Copied {
  // Most requests have few filters, each with few steps.
  if (conditions.length === 0) return NONE
  const groups = Map.groupBy(conditions.flatMap(fieldsOf), columnOf)
  return new Map(
    [...groups].flatMap(([column, fields]): [PlannedField, number][] => {
      const copies = sum(fields.map(copiesOf))
      return column === null || copies <= FEW_IN_FILTERS ? [] : fields.map((field) => [field, copies])
    }),
  )
}

const NONE: Copied = new Map()

/** The value, where so many copies of it may be made; else the statement ends. */
export function copiedSql({ type }: PlannedField, value: Sql, copies: number): Sql {
  const size = sizeOfColumn(type)
  if (size === 'small') return value
  const exceeds = (bytes: Sql, times: number) =>
    sql`${bytes}::int8 * ${numberSql(times)} > ${numberSql(MAX_BYTES)}`
  const written = exceeds(sql`pg_catalog.octet_length(${value}::text)`, copies)
  // The length of a text is known without reading it, that of other values not.
  const isTooLarge =
    size === 'text'
      ? written
      : sql`${exceeds(sql`pg_catalog.pg_column_size(${value})`, copies * MAX_COMPRESSION)} AND ${written}`
  const raise = sql`db9.raise(${sqlState(GUARD.valueTooLarge)}, '', NULL, NULL)`
  return sql`CASE WHEN ${isTooLarge} AND ${raise} THEN NULL ELSE ${value} END`
}

function columnOf({ base }: PlannedField): string | null {
  return base.kind === 'column' ? base.name : null
}

function copiesOf({ path }: PlannedField): number {
  return path.length + 1
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function fieldsOf(condition: PlannedCondition): PlannedField[] {
  if (condition.kind === 'logic') return condition.items.flatMap(fieldsOf)
  return condition.kind === 'test' && looksInside(condition.field, condition.test) ? [condition.field] : []
}

/** Whether a value is equal can mostly be told by its length, and whether it is null by itself. */
function looksInside({ path }: PlannedField, test: Test): boolean {
  if (path.length > 0) return true
  if (test.kind === 'is' || test.kind === 'in' || test.kind === 'distinct') return false
  return test.kind === 'search' || !['eq', 'neq'].includes(test.operator)
}
