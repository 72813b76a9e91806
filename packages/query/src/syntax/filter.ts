/** Parses filters and logic. */
import { errors } from '../errors.ts'
import { EXPECT_NAME, type Field, readField, takeQuoted } from './field.ts'
import {
  IS_VALUES,
  type IsValue,
  isOneOf,
  QUANTIFIED_OPERATORS,
  type QuantifiedOperator,
  SEARCH_OPERATORS,
  type SearchOperator,
  SIMPLE_OPERATORS,
  type SimpleOperator,
} from './operators.ts'
import type { Reader } from './reader.ts'

/** What a field is held against. */
export type Test =
  | { kind: 'compare'; operator: SimpleOperator | QuantifiedOperator; value: string }
  | { kind: 'quantified'; operator: QuantifiedOperator; quantifier: 'any' | 'all'; value: string }
  | { kind: 'in'; values: readonly string[] }
  | { kind: 'is'; value: IsValue }
  | { kind: 'distinct'; value: string }
  | { kind: 'search'; operator: SearchOperator; language: string | null; value: string }

export interface Filter {
  kind: 'filter'
  field: Field
  not: boolean
  test: Test
}

export interface Logic {
  kind: 'logic'
  operator: 'and' | 'or'
  not: boolean
  items: readonly Condition[]
}

export type Condition = Filter | Logic

/** How much is accepted, told while reading, so that no more is ever built. */
export interface FilterLimits {
  inValues: number
  logicDepth: number
  /** Throws once a request has too many filters. */
  countFilter(): void
}

const EXPECT_OPERATOR = '"not" or operator (eq, gt, ...)'
const OPERATOR = /[a-z]+/y
const IS_VALUE = /[a-z_]+/iy
const LANGUAGE = /[\p{L}\p{N}_ $]+/uy
const LIST_VALUE = /[^,)]*/uy
// A bare value of a logic tree ends at a comma or bracket, except inside the braces of an array.
const ARRAY_VALUE = /\{[^{}]*\}/uy

type ReadValue = (reader: Reader) => string

const readRest: ReadValue = (reader) => reader.takeMatch(/.*/suy) ?? ''

/** The value of a filter in the query string: `not.eq.1`, `in.(1,2)`, `like(any).{a*,b*}`. */
export function readTest(reader: Reader, limits: FilterLimits, readValue: ReadValue = readRest) {
  const not = reader.take('not.')
  return { not, test: readOperation(reader, limits, readValue) }
}

function readOperation(reader: Reader, limits: FilterLimits, readValue: ReadValue): Test {
  const start = reader.position
  const operator = reader.takeMatch(OPERATOR) ?? ''
  if (operator === 'in' && reader.take('.')) return { kind: 'in', values: readList(reader, limits) }
  if (operator === 'is' && reader.take('.')) return { kind: 'is', value: readIsValue(reader) }
  if (operator === 'isdistinct' && reader.take('.')) return { kind: 'distinct', value: readValue(reader) }
  if (isOneOf(SEARCH_OPERATORS, operator)) {
    const language = readLanguage(reader)
    reader.expect('.', 'delimiter (.)')
    return { kind: 'search', operator, language, value: readValue(reader) }
  }
  if (isOneOf(SIMPLE_OPERATORS, operator)) {
    reader.expect('.', 'delimiter (.)')
    return { kind: 'compare', operator, value: readValue(reader) }
  }
  if (isOneOf(QUANTIFIED_OPERATORS, operator)) {
    const quantifier = reader.take('(any)') ? 'any' : reader.take('(all)') ? 'all' : null
    reader.expect('.', 'delimiter (.)')
    const value = readValue(reader)
    return quantifier === null
      ? { kind: 'compare', operator, value }
      : { kind: 'quantified', operator, quantifier, value }
  }
  reader.position = start
  return reader.fail(EXPECT_OPERATOR)
}

function readLanguage(reader: Reader): string | null {
  if (!reader.take('(')) return null
  const language = reader.takeMatch(LANGUAGE) ?? reader.fail('operator (eq, gt, ...)')
  reader.expect(')')
  return language.trim()
}

function readIsValue(reader: Reader): IsValue {
  const start = reader.position
  const value = (reader.takeMatch(IS_VALUE) ?? '').toLowerCase()
  if (isOneOf(IS_VALUES, value)) return value
  reader.position = start
  return reader.fail('isVal: (null, not_null, true, false, unknown)')
}

function readList(reader: Reader, limits: FilterLimits): string[] {
  reader.skipSpace()
  reader.expect('(')
  reader.skipSpace()
  const values: string[] = []
  do {
    values.push(readListValue(reader))
    if (values.length > limits.inValues) throw errors.tooManyValues(limits.inValues)
  } while (reader.take(','))
  reader.expect(')')
  reader.skipSpace()
  // `in.()` is the empty list, not a list of one empty text.
  return values.length === 1 && values[0] === '' && reader.text[reader.position - 2] !== '"' ? [] : values
}

function readListValue(reader: Reader): string {
  const quoted = reader.attempt(() => {
    const value = takeQuoted(reader)
    return reader.startsWith(',') || reader.startsWith(')') ? value : null
  })
  return quoted ?? reader.takeMatch(LIST_VALUE) ?? ''
}

function readLogicValue(reader: Reader): string {
  const array = reader.attempt(() => reader.takeMatch(ARRAY_VALUE))
  return array ?? readListValue(reader)
}

/** `and=(…)` and `or=(…)`: what stands between the brackets, the operator already known. */
export function readLogicItems(reader: Reader, limits: FilterLimits, depth = 1): Condition[] {
  if (depth > limits.logicDepth) throw errors.logicTooDeep(limits.logicDepth)
  reader.skipSpace()
  reader.expect('(')
  const items: Condition[] = []
  do {
    reader.skipSpace()
    items.push(readCondition(reader, limits, depth))
    reader.skipSpace()
  } while (reader.take(','))
  reader.expect(')', '"," or ")"')
  reader.skipSpace()
  return items
}

const LOGIC = /(?:not\.)?(?:and|or)(?=[ \t]*\()/y

function readCondition(reader: Reader, limits: FilterLimits, depth: number): Condition {
  const logic = reader.takeMatch(LOGIC)
  if (logic !== null) {
    return {
      kind: 'logic',
      operator: logic.endsWith('and') ? 'and' : 'or',
      not: logic.startsWith('not.'),
      items: readLogicItems(reader, limits, depth + 1),
    }
  }
  // A column may be named "not": its own reading comes first.
  return (
    reader.attempt(() => readLogicFilter(reader, limits, false)) ??
    readLogicFilter(reader, limits, reader.take('not.'))
  )
}

const EXPECT_CONDITION = `${EXPECT_NAME}, negation operator (not) or logic operator (and, or)`

function readLogicFilter(reader: Reader, limits: FilterLimits, negated: boolean): Filter {
  if (reader.startsWith(')') || reader.startsWith(',')) reader.fail(EXPECT_CONDITION)
  const field = readField(reader)
  reader.expect('.', 'delimiter (.)')
  const { not, test } = readTest(reader, limits, readLogicValue)
  limits.countFilter()
  return { kind: 'filter', field, not: not !== negated, test }
}
