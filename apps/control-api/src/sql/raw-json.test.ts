/** Tests of JSON that is passed on as it is. */
import { expect, test } from 'vitest'
import { RawJson, stringifyRaw } from './raw-json.ts'

test.each([
  ['{"id": 1234567890123456789}'],
  ['{"big": 1e400, "a": 1, "a": 2}'],
  ['null'],
  ['"null"'],
  ['[1.10, 0.30000000000000004]'],
  ['"\\u0041 \\\\u0000"'],
])('%s keeps every character', (text) => {
  expect(stringifyRaw({ rows: [[new RawJson(text), 'x', [new RawJson(text), null]]] })).toBe(
    `{"rows":[[${text},"x",[${text},null]]]}`,
  )
})

test('a text that looks like a place is none', () => {
  const text = '"\\u0000"'
  expect(JSON.parse(stringifyRaw([text, new RawJson('{"a":1}'), text]))).toEqual([text, { a: 1 }, text])
})

test('a value without such texts is written as ever', () => {
  expect(stringifyRaw({ a: [1, null, 'x'] })).toBe('{"a":[1,null,"x"]}')
})
