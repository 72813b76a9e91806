/** What the statement of a description finds. */
import type { Relation, Routine } from '../catalog/catalog.ts'

/** What `describeResultSql` finds. */
export interface Described {
  schema: string | null
  relations: readonly [oid: number, comment: string | null, columns: readonly DescribedColumn[]][]
  routines: readonly [oid: number, comment: string | null][]
}

export type DescribedColumn = [
  name: string,
  type: string,
  nullable: boolean,
  comment: string | null,
  maxLength: number | null,
  labels: string[] | null,
  typeSchema: string,
  /** The relation whose rows the type holds; 0 for none. */
  typeRelation: number,
]

/** A relation as far as its role may use it, with what was found of it. */
export interface Table {
  relation: Relation
  comment: string | null
  columns: readonly DescribedColumn[]
}

export interface Procedure {
  routine: Routine
  comment: string | null
}
