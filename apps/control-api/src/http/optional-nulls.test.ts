import { expect, test } from 'vitest'
import * as z from 'zod'
import { withoutOptionalNulls } from './optional-nulls.ts'

const schema = z.strictObject({
  required: z.string(),
  optional: z.string().optional(),
  nullable: z.string().nullable().optional(),
  inner: z.strictObject({ optional: z.number().optional() }).optional(),
})

test.each([
  [{ required: 'x', optional: null }, { required: 'x' }],
  [
    { required: 'x', nullable: null },
    { required: 'x', nullable: null },
  ],
  [{ required: null }, { required: null }],
  [
    { required: 'x', unknown: null },
    { required: 'x', unknown: null },
  ],
  [{ required: 'x', inner: null }, { required: 'x' }],
  [
    { required: 'x', inner: { optional: null } },
    { required: 'x', inner: {} },
  ],
  [
    { required: 'x', inner: { unknown: null } },
    { required: 'x', inner: { unknown: null } },
  ],
  [null, null],
  [[null], [null]],
  ['x', 'x'],
])('%j is read as %j', (input, read) => {
  expect(withoutOptionalNulls(schema, input)).toEqual(read)
})

test('a field named as a part of every object is not looked up in the schema', () => {
  const input = JSON.parse('{"required":"x","__proto__":null,"constructor":null}')
  expect(Object.keys(withoutOptionalNulls(schema, input) as object)).toEqual([
    'required',
    '__proto__',
    'constructor',
  ])
})
