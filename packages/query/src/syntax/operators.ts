/** The words of the query string. What they are in SQL stands in `sql/keywords.ts`. */

/** Take one value, and nothing else. */
export const SIMPLE_OPERATORS = ['neq', 'cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj'] as const

/** Take one value, or `(any)` and `(all)` with a list. */
export const QUANTIFIED_OPERATORS = [
  'eq',
  'gte',
  'gt',
  'lte',
  'lt',
  'like',
  'ilike',
  'match',
  'imatch',
] as const

/** Operators in whose value `*` stands for `%`. */
export const WILDCARD_OPERATORS = ['like', 'ilike'] as const

export const SEARCH_OPERATORS = ['fts', 'plfts', 'phfts', 'wfts'] as const
export const IS_VALUES = ['null', 'not_null', 'true', 'false', 'unknown'] as const
export const AGGREGATES = ['sum', 'avg', 'count', 'max', 'min'] as const

export type SimpleOperator = (typeof SIMPLE_OPERATORS)[number]
export type QuantifiedOperator = (typeof QUANTIFIED_OPERATORS)[number]
export type SearchOperator = (typeof SEARCH_OPERATORS)[number]
export type IsValue = (typeof IS_VALUES)[number]
export type Aggregate = (typeof AGGREGATES)[number]

export function isOneOf<Word extends string>(words: readonly Word[], word: string): word is Word {
  return (words as readonly string[]).includes(word)
}
