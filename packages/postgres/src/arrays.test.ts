import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Nested, parseArray, TooManyDimensions, writeArray } from './arrays.ts'

const asText = (item: unknown) => (item === null ? null : String(item))

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
])('reads %s', (text, value) => expect(parseArray(text, String)).toEqual(value))

test('reads the array of a type with another delimiter', () => {
  expect(parseArray('{(1,1),(0,0);(2,2),(1,1)}', String, ';')).toEqual(['(1,1),(0,0)', '(2,2),(1,1)'])
})

test('reads back what it wrote', () => {
  const item = fc.option(fc.string().filter((text) => !text.includes('\0')))
  const nested = fc.array(fc.array(item, { minLength: 1 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.oneof(fc.array(item), nested), (values) => {
      expect(parseArray(writeArray(values, asText), String)).toEqual(values)
    }),
  )
})

test('reads back a long text of characters that are escaped', () => {
  const text = '"\\é😀'.repeat(100_000)
  expect(parseArray(writeArray([text, ''], asText), String)).toEqual([text, ''])
})

test('ends with a value or an error at any text', () => {
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

test('writes six dimensions and refuses seven', () => {
  const nested = (depth: number): Nested<number> => (depth === 1 ? [1] : [nested(depth - 1)])
  expect(writeArray(nested(6), asText)).toBe('{{{{{{"1"}}}}}}')
  expect(() => writeArray(nested(7), asText)).toThrow(TooManyDimensions)
})
