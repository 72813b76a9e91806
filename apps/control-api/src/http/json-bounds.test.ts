/** What JSON may hold, as its bytes tell before it is parsed. */
import { MAX_BODY_DEPTH, MAX_BODY_VALUES } from '@db9/types'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonBounds } from './json-bounds.ts'

/** Pushes the text in pieces of `size` bytes. */
function look(text: string, size = 1_000) {
  const bytes = new TextEncoder().encode(text)
  const bounds = new JsonBounds()
  for (let at = 0; at < bytes.length; at += size) {
    const excess = bounds.push(bytes.subarray(at, at + size))
    if (excess) return { excess, values: bounds.values }
  }
  return { excess: null, values: bounds.values }
}

test.each([
  ['numbers', `[${'1,'.repeat(MAX_BODY_VALUES)}1]`],
  ['small arrays', `[${'[1],'.repeat(MAX_BODY_VALUES)}1]`],
  ['names', `{${'"a":1,'.repeat(MAX_BODY_VALUES)}"a":1}`],
  ['commas that are no JSON', ','.repeat(MAX_BODY_VALUES + 1)],
])('finds too many values in %s', (_, text) => {
  expect(look(text).excess).toBe('values')
})

test('finds one value and one level too many', () => {
  expect(look(`[${'1,'.repeat(MAX_BODY_VALUES - 1)}1]`).excess).toBeNull()
  expect(look(`[${'1,'.repeat(MAX_BODY_VALUES)}1]`).excess).toBe('values')
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(look(nested(MAX_BODY_DEPTH)).excess).toBeNull()
  expect(look(nested(MAX_BODY_DEPTH + 1)).excess).toBe('depth')
  expect(look('{"a":'.repeat(MAX_BODY_DEPTH + 1)).excess).toBe('depth')
})

test('counts nothing inside strings, at any chunk boundary', () => {
  const text = JSON.stringify({ query: '[{,"\\'.repeat(MAX_BODY_VALUES), 'a\\"[': '\\', more: ['é,[', ''] })
  for (const size of [1, 2, 3, 7, 1_000]) expect(look(text, size)).toEqual({ excess: null, values: 5 })
})

test('counts at least the elements that JSON.parse makes, less one', () => {
  const count = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Object.values(value).reduce((sum: number, each) => sum + count(each), 0)
      : 1
  fc.assert(
    fc.property(fc.json(), (text) => {
      const { excess, values } = look(text, 5)
      // Each container counts, and so does each of its elements but the first.
      if (excess === null) expect(2 * values + 1).toBeGreaterThanOrEqual(count(JSON.parse(text)))
    }),
  )
})
