/**
 * Rows as one text or JSON value, within the bytes that a node may have. A reply is built whole, and in memory that takes
 * several times its bytes; so they are counted while it grows, and the statement ends at the first row too many.
 *
 * A value by itself is not measured: a caller can store no more at once than a request may hold. What multiplies it is:
 * the number of rows, and naming a column more than once. Bytes, of which files are made, are measured always.
 */
import type { Output, ReadNode } from '../plan/plan.ts'
import { GUARD } from './main-row.ts'
import { outputSizes, type SizedOutput, smallRowBytes, storedBytesSql } from './size-sql.ts'
import { EMPTY, ident, numberSql, type Params, type Sql, sql, sqlState } from './sql.ts'

/** How rows are written; each is an expression. */
export interface RowForm {
  /** Over the rows `alias`, all that is made of them. */
  inPlace(alias: Sql): Sql
  /** One of the rows `alias`: text, or JSON. */
  row(alias: Sql): Sql
  /** Over rows that are written already, all that is made of them. */
  fold(value: Sql): Sql
}

/** What is made of rows, and the FROM that it is made over. */
export interface Folded {
  from: Sql
  value: Sql
}

export interface FoldInput {
  node: ReadNode
  /** The SELECT of the node, and the name that its rows have. */
  rows: Sql
  alias: Sql
  form: RowForm
  params: Params
}

const VALUE = ident('db9 value')

/** All rows of a node. */
export function foldSql(input: FoldInput): Folded {
  const { node, rows, alias, form } = input
  const outputs = outputSizes(node)
  const plain = { from: sql`(${rows}) AS ${alias}`, value: form.inPlace(alias) }
  if (isSmall(node, outputs)) return plain
  const stored = storedBytesSql(outputs, alias)
  const isStored = outputs.every(({ size }) => size !== 'any')
  if (stored !== null && isStored) return { ...plain, value: countedSql(input, stored, plain.value) }
  return writtenSql(input, multiplies(node, outputs) ? stored : null)
}

/** The only row of a node. */
export function foldOneSql({ node, rows, alias, form }: FoldInput): Folded {
  const from = sql`(${rows}) AS ${alias}`
  const value = form.inPlace(alias)
  const outputs = outputSizes(node)
  const stored = multiplies(node, outputs) ? storedBytesSql(outputs, alias) : null
  if (stored === null) return { from, value }
  const fits = sql`${stored} <= ${numberSql(node.maxBytes)}`
  return { from: sql`${from} WHERE ${fits} OR ${tooLargeSql(node)}`, value }
}

/** An expression over the rows `alias` of a node, of which several are made: with the first, the rows are counted. */
export function countRowsSql({ node, alias, params }: Omit<FoldInput, 'form' | 'rows'>, value: Sql): Sql {
  const outputs = outputSizes(node)
  if (isSmall(node, outputs)) return value
  const stored = outputs.every(({ size }) => size !== 'any') ? storedBytesSql(outputs, alias) : null
  const written = sql`pg_catalog.octet_length(pg_catalog.row_to_json(${alias}.*)::text)`
  return countedSql({ node, params }, stored ?? written, value)
}

function isSmall({ maxRows, maxBytes }: ReadNode, outputs: readonly SizedOutput[]): boolean {
  const bytes = smallRowBytes(outputs)
  return bytes !== null && maxRows !== null && bytes * maxRows <= maxBytes
}

/** Every row is written first, and is then as long as it has become. */
function writtenSql(input: FoldInput, stored: Sql | null): Folded {
  const { node, rows, alias, form } = input
  const row = form.row(alias)
  const most = numberSql(node.maxBytes)
  const guarded =
    stored === null
      ? row
      : sql`CASE WHEN ${stored} > ${most} AND ${tooLargeSql(node)} THEN NULL ELSE ${row} END`
  const value = sql`${alias}.${VALUE}`
  return {
    // The OFFSET keeps Postgres from writing each row once for its length and once more for the reply.
    from: sql`(SELECT ${guarded} AS ${VALUE} FROM (${rows}) AS ${alias} OFFSET 0) AS ${alias}`,
    value: countedSql(input, sql`pg_catalog.octet_length(${value}::text)`, form.fold(value)),
  }
}

/** Aggregates are worked out from left to right for each row, so that what is too much is never written. */
function countedSql({ node, params }: Pick<FoldInput, 'node' | 'params'>, bytes: Sql, value: Sql): Sql {
  const { limit } = node.range
  const most = numberSql(node.maxBytes)
  // Rows that make no more than half of it even if all are so long need no counting.
  const few = limit === null ? null : Math.floor(node.maxBytes / 2 / Math.max(1, limit))
  const filter = few === null ? EMPTY : sql` FILTER (WHERE ${bytes} > ${params.bind(few)})`
  return sql`CASE WHEN db9.bytes(${bytes}, ${most})${filter} > ${most} THEN NULL ELSE ${value} END`
}

function tooLargeSql({ maxBytes }: ReadNode): Sql {
  return sql`db9.raise(${sqlState(GUARD.responseTooLarge)}, ${numberSql(maxBytes)}::text, NULL, NULL)`
}

/** Whether a row may be far longer than what is stored of it: a column is named several times, or is written as digits. */
function multiplies(node: ReadNode, sizes: readonly SizedOutput[]): boolean {
  if (sizes.some(({ size }) => size === 'bytes')) return true
  if (node.outputs.length === 1) return false
  const names = node.outputs.flatMap(columnsOf)
  return new Set(names).size < names.length || (names.includes('*') && names.length > 1)
}

function columnsOf(output: Output): string[] {
  if (output.kind === 'all') return ['*']
  if (output.kind !== 'value' || output.value.field === null) return []
  const { base } = output.value.field
  return [base.kind === 'column' ? base.name : base.routine.name]
}
