/** Values of the text format as JSON: what JavaScript holds exactly as itself, all else as text. */

/** OIDs of built-in types (src/include/catalog/pg_type.dat). */
const OID = {
  bool: 16,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const

/** Array types of built-in types, and the types of their elements. All of these have `,` between elements. */
export const ELEMENT_OF_ARRAY: Readonly<Record<number, number>> = {
  199: OID.json,
  1000: OID.bool,
  1005: OID.int2,
  1007: OID.int4,
  1009: OID.text,
  1015: OID.varchar,
  1016: OID.int8,
  1021: OID.float4,
  1022: OID.float8,
  1115: OID.timestamp,
  1182: OID.date,
  1185: OID.timestamptz,
  1231: OID.numeric,
  2951: OID.uuid,
  3807: OID.jsonb,
}

const NUMBERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.oid, OID.float4, OID.float8])

/**
 * A value that is no array and not NULL. int8 and numeric stay text, since a JavaScript number would lose digits; so do the
 * floats that JSON has no number for.
 */
export function scalarToJson(text: string, oid: number): unknown {
  if (oid === OID.bool) return text === 't'
  if (NUMBERS.has(oid)) return Number.isFinite(Number(text)) ? Number(text) : text
  if (oid === OID.json || oid === OID.jsonb) return JSON.parse(text)
  return text
}
