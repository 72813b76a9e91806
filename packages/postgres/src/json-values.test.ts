import { expect, test } from 'vitest'
import { scalarToJson } from './json-values.ts'

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
  [25, 'null', 'null'],
])('gives the value of type %i whose text is %s', (oid, text, value) => {
  expect(scalarToJson(text, oid)).toEqual(value)
})
