/** Parses and combines ranges of rows. */
import { errors } from '../errors.ts'

/** A window of rows, from `offset` on; `limit` null is open-ended. */
export interface Range {
  offset: number
  limit: number | null
}

export const ALL_ROWS: Range = { offset: 0, limit: null }

const NEGATIVE_LIMIT = 'Limit should be greater than or equal to zero.'
const INTEGER = /^\s*[+-]?\d+\s*$/
const RANGE_HEADER = /^(\d+)-(\d*)$/

/** The value of `limit` or `offset`; null where it is no integer, which PostgREST overlooks. */
export function parseCount(text: string | null): number | null {
  if (text === null || !INTEGER.test(text)) return null
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

/** A negative offset counts as none. */
export function toRange(limit: number | null, offset: number | null): Range {
  if (limit !== null && limit < 0) throw errors.range(NEGATIVE_LIMIT)
  return { offset: Math.max(0, offset ?? 0), limit }
}

/** `Range: 0-19`, `10-`; anything else is no range at all. */
export function parseRangeHeader(header: string | null): Range {
  const [, lower, upper] = RANGE_HEADER.exec(header ?? '') ?? []
  if (lower === undefined) return ALL_ROWS
  const offset = parseCount(lower) ?? 0
  if (!upper) return { offset, limit: null }
  const limit = (parseCount(upper) ?? 0) - offset + 1
  if (limit < 1) {
    throw errors.range(
      'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    )
  }
  return { offset, limit }
}

/** The rows that both ranges hold; of two that share none there is nothing to return. */
export function intersectRanges(left: Range, right: Range): Range {
  const offset = Math.max(left.offset, right.offset)
  const end = Math.min(endOf(left), endOf(right))
  const isEmpty = end <= offset && left.limit !== 0 && right.limit !== 0
  if (isEmpty) throw errors.range(NEGATIVE_LIMIT)
  return { offset, limit: end === Number.POSITIVE_INFINITY ? null : Math.max(0, end - offset) }
}

export function endOf({ offset, limit }: Range): number {
  return limit === null ? Number.POSITIVE_INFINITY : offset + limit
}

/** The range with at most `max` rows; null leaves it as it is. */
export function restrictRange(range: Range, max: number | null): Range {
  if (max === null) return range
  return { offset: range.offset, limit: range.limit === null ? max : Math.min(range.limit, max) }
}
