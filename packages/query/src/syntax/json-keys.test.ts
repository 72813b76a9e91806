/**
 * The shape of a JSON text is what JSON.parse makes of it. No name holds a backslash: where V8 13.6 has read one that ends
 * in it, it reads a name with an escape in the same place wrongly.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonShape, shapeOf } from './json-keys.ts'

/** By the engine's own parser. */
function expectedShape(text: string): JsonShape | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(value))
    return isObject(value) ? { kind: 'object', keys: Object.keys(value) } : { kind: 'scalar' }
  const [first] = value
  const keys = isObject(first) ? Object.keys(first) : []
  const isSame = (row: unknown) =>
    isObject(row) && Object.keys(row).length === keys.length && keys.every((key) => Object.hasOwn(row, key))
  return { kind: 'list', count: value.length, keys: value.every(isSame) ? keys : null }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const NAME = fc.constantFrom(
  'a',
  'b',
  '1',
  '01',
  '10',
  '2',
  '__proto__',
  'constructor',
  'é',
  '\u2028',
  'x"',
  'x\n',
  'a b',
  '',
)
const ROW = fc.dictionary(NAME, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
const ROWS = fc.oneof(fc.array(ROW, { maxLength: 4 }), fc.jsonValue({ maxDepth: 4 }), ROW)

test('of any JSON', () => {
  fc.assert(
    fc.property(ROWS, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(shapeOf(text)).toEqual(expectedShape(text))
    }),
    { numRuns: 3_000, seed: 1 },
  )
})

const PIECES = [
  ...'{}[]:,"\\ \n\u0001\u00e9ue+-.0123456789',
  'true',
  'false',
  'null',
  '"a":',
  '"a"',
  '\\u0061',
  '\\ud800',
  '1e5',
]

test('of any text made of the pieces of JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      expect([text, shapeOf(text)]).toEqual([text, expectedShape(text)])
    }),
    { numRuns: 20_000, seed: 1 },
  )
})

test('of any JSON with a character changed', () => {
  fc.assert(
    fc.property(ROWS, fc.nat(), fc.constantFrom('', ...PIECES), (value, place, piece) => {
      const text = JSON.stringify(value)
      const at = place % (text.length + 1)
      const changed = text.slice(0, at) + piece + text.slice(at + 1)
      expect([changed, shapeOf(changed)]).toEqual([changed, expectedShape(changed)])
    }),
    { numRuns: 20_000, seed: 1 },
  )
})

describe('of texts that are large trees', () => {
  const million = 1_000_000

  test.each<[string, string, JsonShape | null]>([
    ['empty lists', `{"j":[${Array(million).fill('[]').join()}]}`, { kind: 'object', keys: ['j'] }],
    ['depth', '['.repeat(million) + ']'.repeat(million), { kind: 'list', count: 1, keys: null }],
    ['depth without an end', '{"a":'.repeat(million), null],
    ['rows', `[${Array(million).fill('{"a":1}').join()}]`, { kind: 'list', count: million, keys: ['a'] }],
    [
      'one row that differs',
      `[${Array(million).fill('{"a":1}').join()},{"b":1}]`,
      { kind: 'list', count: million + 1, keys: null },
    ],
  ])('%s', (_, text, shape) => {
    expect(shapeOf(text)).toEqual(shape)
  })

  test('of more names than a table can have columns the first are told', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `k${i}`)
    const shape = shapeOf(`{${names.map((name) => `"${name}":1`).join()}}`)
    expect(shape).toEqual({ kind: 'object', keys: names.slice(0, 2_001) })
  })
})
