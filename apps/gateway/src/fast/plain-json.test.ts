/** The check for JSON with each name once, on both of its paths. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPlain, isPlainJson } from './plain-json.ts'

test('an object with each name once is plain, whatever its names and values hold', () => {
  const value = fc.json({ maxDepth: 5 })
  fc.assert(
    fc.property(value, (text) => {
      expect(isPlainJson(text)).toBe(true)
    }),
  )
})

test('a name that is used twice is found at any place', () => {
  fc.assert(
    fc.property(fc.string(), fc.json({ maxDepth: 3 }), (name, value) => {
      const key = JSON.stringify(name)
      expect(isPlainJson(`[1,{"first":${value},"x":{${key}:1,"between the two":${value},${key}:2}}]`)).toBe(
        false,
      )
    }),
  )
})

test('the fast path gives the result of the slow path, for texts of any spelling', () => {
  const value = fc.jsonValue({ maxDepth: 6 })
  const names = fc.array(fc.constantFrom('a', 'b', '\\u0061', 'role'), { maxLength: 4 })
  const twice = names.map((list) => `{${list.map((name) => `"${name}":1`).join()}}`)
  const text = fc.oneof(
    value.map((one) => JSON.stringify(one)),
    fc.tuple(value, fc.nat(3)).map(([one, indent]) => JSON.stringify(one, null, indent)),
    twice,
    fc.tuple(fc.nat(40), twice).map(([depth, inner]) => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`),
  )
  fc.assert(
    fc.property(text, (one) => {
      expect(isPlain(one, JSON.parse(one))).toBe(isPlainJson(one))
    }),
    { numRuns: 1_000 },
  )
})
