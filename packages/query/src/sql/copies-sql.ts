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
  const fields: PlannedField[] = []
  for (const output of outputs) {
    if (output.kind === 'value' && output.value.field !== null) addInside(fields, output.value.field)
  }
  for (const { embed, field } of order) if (embed === null) addInside(fields, field)
  return copiedOf(fields, FEW_IN_RESULT, ([first]) => (first === undefined ? [] : [first]))
}

/** Of conditions: every field, since Postgres chooses the order. */
export function copiedInFilters(conditions: readonly PlannedCondition[]): Copied {
  const fields: PlannedField[] = []
  for (const condition of conditions) addFields(fields, condition)
  return copiedOf(fields, FEW_IN_FILTERS, (all) => all)
}

/** Which fields of each column of which there are more than a `few` copies. */
function copiedOf(
  fields: readonly PlannedField[],
  few: number,
  choose: (fields: readonly PlannedField[]) => readonly PlannedField[],
): Copied {
  // Of most requests there are not so many in all.
  if (copiesOf(fields) <= few) return NONE
  const copied = new Map<PlannedField, number>()
  for (const [column, group] of Map.groupBy(fields, columnOf)) {
    const copies = copiesOf(group)
    if (column === null || copies <= few) continue
    for (const field of choose(group)) copied.set(field, copies)
  }
  return copied
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

/** The value itself, and one for each step. */
function copiesOf(fields: readonly PlannedField[]): number {
  return fields.reduce((sum, { path }) => sum + path.length + 1, 0)
}

function addInside(fields: PlannedField[], field: PlannedField): void {
  if (field.path.length > 0) fields.push(field)
}

function addFields(fields: PlannedField[], condition: PlannedCondition): void {
  if (condition.kind === 'logic') for (const item of condition.items) addFields(fields, item)
  if (condition.kind === 'test' && looksInside(condition.field, condition.test)) fields.push(condition.field)
}

/** Whether a value is equal can mostly be told by its length, and whether it is null by itself. */
function looksInside({ path }: PlannedField, test: Test): boolean {
  if (path.length > 0) return true
  if (test.kind === 'is' || test.kind === 'in' || test.kind === 'distinct') return false
  return test.kind === 'search' || !['eq', 'neq'].includes(test.operator)
}
