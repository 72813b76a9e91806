/** Turns `params` of a request into Postgres' text format. */
import { TooManyDimensions, writeArray } from '@db9/postgres/arrays'
import { ApiError, unprocessable } from '../errors.ts'

/** A JSON value, as `params` of the request hold it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The text form of a bound value, or null for NULL. An array becomes a Postgres array, an object JSON. */
export function toParamText(value: Json, field: string): string | null {
  const text = Array.isArray(value) ? arrayText(value, field) : scalarText(value, field)
  if (text?.includes('\0'))
    throw new ApiError('invalid_request', `${field}: must not contain a NUL character`)
  return text
}

function arrayText(values: Json[], field: string): string {
  try {
    return writeArray(values, (item) => scalarText(item as Exclude<Json, Json[]>, field))
  } catch (error) {
    if (!(error instanceof TooManyDimensions)) throw error
    throw unprocessable(field, error.message)
  }
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
