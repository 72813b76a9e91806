/** Names of the rows that statements refer to. */
import type { ReadNode, ReturnedColumn } from '../plan/plan.ts'
import { ident, list, qualifiedIdent, type Sql, sql } from './sql.ts'

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

/** The row of a node, wherever it comes from. */
export function rowOf(node: ReadNode): RowRef {
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

export function aliasOf(node: ReadNode): Sql {
  return ident(node.alias)
}

/** The FROM item of a node that is not embedded. */
export function sourceSql(node: ReadNode): Sql {
  switch (node.source.kind) {
    case 'relation':
      return sql`${qualifiedIdent(node.relation)} AS ${aliasOf(node)}`
    case 'written':
      return sql`${WRITTEN} AS ${aliasOf(node)}`
    case 'called':
      return sql`${CALLED} AS ${aliasOf(node)}`
  }
}
