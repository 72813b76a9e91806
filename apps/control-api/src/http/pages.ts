/** Lists in pages: a page is read from a cursor on, the id of the last entry before it. */
import { MOST_LISTED } from '@db9/types'

export interface PageQuery {
  limit?: number | undefined
  cursor?: string | undefined
}

/** How many rows to read for a page: one more shows that there is a next page. */
export function rowsOf({ limit = MOST_LISTED }: PageQuery): number {
  return limit + 1
}

/** The reply of a list, from the rows that were read by `rowsOf`. */
export function toPage<Row extends { id: string }, Item>(
  rows: readonly Row[],
  { limit = MOST_LISTED }: PageQuery,
  toItem: (row: Row) => Item,
): { status: 200; body: Item[]; next: string | null } {
  const page = rows.slice(0, limit)
  return { status: 200, body: page.map(toItem), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}
