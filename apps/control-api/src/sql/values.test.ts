import { expect, test } from 'vitest'
import { type Json, toParamText } from './params.ts'
import { RawJson } from './raw-json.ts'
import { toJson } from './values.ts'

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
  [3802, '{"a": [1, null]}', new RawJson('{"a": [1, null]}')],
  [17, '\\x00ff', '\\x00ff'],
  [1184, '2026-01-01 00:00:00+00', '2026-01-01 00:00:00+00'],
  [25, 'null', 'null'],
])('type %i: %s', (oid, text, value) => expect(toJson(text, oid, plain)).toEqual(value))

test('NULL of any type is null', () => expect(toJson(null, 3802, plain)).toBeNull())

test('returns 400 naming the parameter with a NUL', () => {
  expect(() => toParamText(['a', 'b\0'], 'params.3')).toThrow('params.3: must not contain a NUL')
})

test('writes an array of six dimensions and refuses one of seven', () => {
  const deep = (n: number): Json => (n === 0 ? 1 : [deep(n - 1)])
  expect(toParamText(deep(6), 'params.0')).toBe('{{{{{{"1"}}}}}}')
  expect(() => toParamText(deep(7), 'params.0')).toThrow('dimensions')
})
