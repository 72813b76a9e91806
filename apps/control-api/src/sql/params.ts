/** Turns `params` of a request into what Postgres reads. */
import { ApiError, unprocessable } from '../errors.ts'

/** A JSON value, as `params` of the request hold it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Postgres' own limit of array dimensions. */
const MAX_DIMENSIONS = 6

/** The text form of a bound value, or null for NULL. An array becomes a Postgres array, an object JSON. */
export function toParamText(value: Json, field: string): string | null {
  const text = Array.isArray(value) ? arrayLiteral(value, field, 1) : scalarText(value, field)
  if (text?.includes('\0'))
    throw new ApiError('invalid_request', `${field}: must not contain a NUL character`)
  return text
}

function scalarText(value: Exclude<Json, Json[]>, field: string): string | null {
  if (value === null || typeof value === 'string') return value
  return typeof value === 'object' ? stringify(value, field) : String(value)
}

function stringify(value: Json, field: string): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    // JSON.parse reads deeper values than JSON.stringify writes.
    if (!(error instanceof RangeError)) throw error
    throw unprocessable(field, 'is nested too deeply')
  }
}

function arrayLiteral(values: Json[], field: string, dimension: number): string {
  if (dimension > MAX_DIMENSIONS) throw unprocessable(field, `has more than ${MAX_DIMENSIONS} dimensions`)
  const items = values.map((value) => {
    if (Array.isArray(value)) return arrayLiteral(value, field, dimension + 1)
    const text = scalarText(value, field)
    return text === null ? 'NULL' : `"${escaped(text)}"`
  })
  return `{${items.join(',')}}`
}

const ESCAPED = /["\\]/

/** With a backslash before each quote and backslash. By bytes: a text may hold millions of them, and this serves others. */
function escaped(text: string): string {
  if (!ESCAPED.test(text)) return text
  const bytes = Buffer.from(text)
  const out = Buffer.allocUnsafe(2 * bytes.length)
  let length = 0
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) out[length++] = 0x5c
    out[length++] = byte
  }
  return out.toString('utf8', 0, length)
}
