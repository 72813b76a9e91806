/** Turns values of results into JSON. */
import { parseArray } from '@db9/postgres/arrays'
import { scalarToJson } from '@db9/postgres/json-values'
import type { Json } from './params.ts'
import { RawJson } from './raw-json.ts'

/** What Postgres says of a column's type beside its oid. */
export interface ColumnType {
  /** As format_type writes it. */
  name: string
  /** The element's oid, where it is an array in the form `{…}`. */
  element: number | null
  delimiter: string
}

/** A value of a result: JSON, of which what Postgres wrote as JSON is a text. */
export type ResultValue = Json | RawJson | ResultValue[]

/** OIDs of json and jsonb (src/include/catalog/pg_type.dat). */
const JSON_OIDS: ReadonlySet<number> = new Set([114, 3802])

/** A value of the text format as JSON. */
export function toJson(text: string | null, oid: number, { element, delimiter }: ColumnType): ResultValue {
  if (text === null) return null
  if (element === null) return scalar(text, oid)
  return parseArray(text, (item) => scalar(item, element), delimiter) as ResultValue
}

function scalar(text: string, oid: number): ResultValue {
  return JSON_OIDS.has(oid) ? new RawJson(text) : (scalarToJson(text, oid) as Json)
}
