/** Tests of which texts can be stored. */
import { expect, test } from 'vitest'
import { isStorable } from './storable-text.ts'

test.each([
  [null, true],
  [12, true],
  ['ä 🐘', true],
  [{ a: ['b', { c: true }] }, true],
  ['a\0', false],
  ['\ud800', false],
  [['a', '\udc00b'], false],
  [{ a: { b: ['\0'] } }, false],
  [{ 'a\0': 1 }, false],
])('%j can be stored: %s', (value, isOne) => {
  expect(isStorable(value)).toBe(isOne)
})
