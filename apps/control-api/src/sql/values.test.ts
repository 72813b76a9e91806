import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Json, toParamText } from './params.ts'
import { parseArray, toJson } from './values.ts'

const plain = { name: '', element: null, delimiter: ',' }

test.each([
  [16, 't', true],
  [16, 'f', false],
  [23, '-5', -5],
  [20, '9007199254740993', '9007199254740993'],
  [1700, '0.10', '0.10'],
  [701, '1.5', 1.5],
  [701, 'NaN', 'NaN'],
  [701, '-Infinity', '-Infinity'],
  [3802, '{"a": [1, null]}', { a: [1, null] }],
  [17, '\\x00ff', '\\x00ff'],
  [1184, '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00'],
  [25, 'null', 'null'],
])('type %i: %s', (oid, text, value) => expect(toJson(text, oid, plain)).toEqual(value))

test('NULL is null whatever the type', () => expect(toJson(null, 3802, plain)).toBeNull())

test.each([
  ['{}', []],
  ['{1,2}', ['1', '2']],
  [
    '{{1,NULL},{"NULL",""}}',
    [
      ['1', null],
      ['NULL', ''],
    ],
  ],
  ['[0:1]={a,b}', ['a', 'b']],
  ['{"a\\"b","c\\\\d","e,f","{g}"}', ['a"b', 'c\\d', 'e,f', '{g}']],
])('the array %s', (text, value) => expect(parseArray(text, String)).toEqual(value))

test('a box array is split at its own delimiter', () => {
  expect(parseArray('{(1,1),(0,0);(2,2),(1,1)}', String, ';')).toEqual(['(1,1),(0,0)', '(2,2),(1,1)'])
})

test('an array that is sent as a parameter is read back as it was', () => {
  const item = fc.option(fc.string().filter((text) => !text.includes('\0')))
  fc.assert(
    fc.property(
      fc.array(item),
      fc.array(fc.array(item, { minLength: 1 }), { minLength: 1 }),
      (flat, nested) => {
        for (const value of [flat, nested]) {
          expect(parseArray(toParamText(value as Json, 'params.0') ?? '', String)).toEqual(value)
        }
      },
    ),
  )
})

test('an array of a text that is escaped all through is read back as it was', () => {
  const text = '"\\é😀'.repeat(100_000)
  expect(parseArray(toParamText([text, ''], 'params.0') ?? '', String)).toEqual([text, ''])
})

test('reading any text as an array ends, with a value or an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]=,"\\ aN1:;') }), (text) => {
      try {
        parseArray(`{${text}`, String)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
      }
    }),
  )
})

test('a NUL in a parameter is refused and the parameter named', () => {
  expect(() => toParamText(['a', 'b\0'], 'params.3')).toThrow('params.3: must not contain a NUL')
})

test('seven dimensions are more than Postgres has', () => {
  const deep = (n: number): Json => (n === 0 ? 1 : [deep(n - 1)])
  expect(toParamText(deep(6), 'params.0')).toBe('{{{{{{"1"}}}}}}')
  expect(() => toParamText(deep(7), 'params.0')).toThrow('dimensions')
})
