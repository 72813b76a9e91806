/** Keys of tables, carried over to the views that show them. */
import { type ForeignKey, isView, type Relation } from './catalog.ts'

/** Where a view's column comes from: a column of a table, or of another view. */
export interface ColumnOrigin {
  relation: number
  column: string
}

/** By a view's oid: the origins of those of its columns that are not expressions, by their names. */
export type ViewOrigins = ReadonlyMap<number, ReadonlyMap<string, ColumnOrigin>>

/** Views may be defined on views; a chain longer than this is cut. */
const MAX_CHAIN = 32

/** Of the ways in which a view shows the columns of one key, more than this are cut. */
const MAX_WAYS = 16

/** By table, then by its column: the view's columns that show it, in their order. */
type Images = ReadonlyMap<number, ReadonlyMap<string, readonly string[]>>

/** Gives views the keys of the tables they show, wherever they show all columns of a key. */
export function addViewKeys(relations: Map<number, Relation>, origins: ViewOrigins): void {
  for (const view of viewsOf(relations, origins)) {
    const keys: string[][] = []
    const primaryKey: string[] = []
    for (const [oid, images] of imagesOf(view, relations, origins)) {
      const table = relations.get(oid)
      for (const key of table?.uniqueKeys ?? []) {
        const [shown] = translations(key, images)
        if (shown !== undefined) keys.push(shown)
      }
      // A row of a join is told apart by the keys of all that is joined.
      primaryKey.push(...(translations(table?.primaryKey ?? [], images)[0] ?? []))
    }
    relations.set(view.oid, { ...view, primaryKey, uniqueKeys: keys })
  }
}

/** The foreign keys that views inherit: from view to table, from table to view, and between views. */
export function viewForeignKeys(
  relations: ReadonlyMap<number, Relation>,
  origins: ViewOrigins,
  tableKeys: readonly ForeignKey[],
): ForeignKey[] {
  const views = viewsOf(relations, origins).map((view) => ({
    view,
    images: imagesOf(view, relations, origins),
  }))
  const showing = (table: Relation, columns: readonly string[]) =>
    views.flatMap(({ view, images }) => {
      const found = images.get(table.oid)
      const ways = found === undefined ? [] : translations(columns, found)
      return ways.map((shown) => ({ relation: view, columns: shown }))
    })
  return tableKeys.flatMap((key) => {
    const froms = [{ relation: key.from, columns: key.columns }, ...showing(key.from, key.columns)]
    const tos = [{ relation: key.to, columns: key.referenced }, ...showing(key.to, key.referenced)]
    return froms.flatMap((from) =>
      tos
        .filter((to) => from.relation !== key.from || to.relation !== key.to)
        .map((to) => ({
          name: key.name,
          from: from.relation,
          columns: from.columns,
          to: to.relation,
          referenced: to.columns,
        })),
    )
  })
}

function viewsOf(relations: ReadonlyMap<number, Relation>, origins: ViewOrigins): Relation[] {
  return [...origins.keys()].flatMap((oid) => relations.get(oid) ?? [])
}

function imagesOf(view: Relation, relations: ReadonlyMap<number, Relation>, origins: ViewOrigins): Images {
  const images = new Map<number, Map<string, string[]>>()
  for (const name of view.columns.keys()) {
    const origin = tableOrigin(view.oid, name, relations, origins)
    if (origin === null) continue
    const columns = images.get(origin.relation) ?? new Map<string, string[]>()
    images.set(origin.relation, columns)
    columns.set(origin.column, [...(columns.get(origin.column) ?? []), name])
  }
  return images
}

/** Follows a column through views down to a table. */
function tableOrigin(
  view: number,
  name: string,
  relations: ReadonlyMap<number, Relation>,
  origins: ViewOrigins,
): ColumnOrigin | null {
  let origin = origins.get(view)?.get(name)
  for (let i = 0; i < MAX_CHAIN && origin !== undefined; i++) {
    const relation = relations.get(origin.relation)
    if (relation === undefined || !isView(relation)) return origin
    origin = origins.get(origin.relation)?.get(origin.column)
  }
  return null
}

/** The ways in which a view shows these columns of a table: several where it shows one of them twice, none where it lacks one. */
function translations(
  columns: readonly string[],
  images: ReadonlyMap<string, readonly string[]>,
): string[][] {
  if (columns.length === 0) return []
  let ways: string[][] = [[]]
  for (const column of columns) {
    const shown = images.get(column) ?? []
    ways = ways.flatMap((way) => shown.map((name) => [...way, name])).slice(0, MAX_WAYS)
  }
  return ways
}
