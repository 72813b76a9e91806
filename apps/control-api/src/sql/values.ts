/** Turns values of results into JSON. */
import { parseArray } from '@db9/postgres/arrays'
import { scalarToJson } from '@db9/postgres/json-values'
import type { Json } from './params.ts'

/** What Postgres says of a column's type beside its oid. */
export interface ColumnType {
  /** As format_type writes it. */
  name: string
  /** The element's oid, where it is an array in the form `{…}`. */
  element: number | null
  delimiter: string
}

/** A value of the text format as JSON. */
export function toJson(text: string | null, oid: number, { element, delimiter }: ColumnType): Json {
  if (text === null) return null
  if (element === null) return scalarToJson(text, oid) as Json
  return parseArray(text, (item) => scalarToJson(item, element) as Json, delimiter)
}
