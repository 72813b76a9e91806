/** Values of results without `Neon-Raw-Text-Output`. */
import { parseArray } from '@db9/postgres/arrays'
import { ELEMENT_OF_ARRAY, scalarToJson } from '@db9/postgres/json-values'

/** A value of the text format as JSON; arrays of built-in types as arrays. */
export function toJsonValue(text: string | null, oid: number): unknown {
  if (text === null) return null
  const element = ELEMENT_OF_ARRAY[oid]
  return element === undefined
    ? scalarToJson(text, oid)
    : parseArray(text, (item) => scalarToJson(item, element))
}
