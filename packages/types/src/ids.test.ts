import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ID_PREFIX, type IdKind, idBody, idToHostLabel, isId, newId, timeOfId, toBase32 } from './ids.ts'

const kinds = fc.constantFrom(...(Object.keys(ID_PREFIX) as IdKind[]))
const times = fc.nat({ max: 2 ** 48 - 1 })

test('an id sorts by the time of its creation', () => {
  fc.assert(
    fc.property(kinds, times, times, (kind, left, right) => {
      const [first, second] = [newId(kind, left), newId(kind, right)]
      if (left < right) expect(first < second).toBe(true)
      if (left > right) expect(first > second).toBe(true)
    }),
  )
})

test('an id is one of its own kind and of no other', () => {
  fc.assert(
    fc.property(kinds, kinds, times, (kind, other, now) => {
      expect(isId(other, newId(kind, now))).toBe(kind === other)
    }),
  )
})

test('an id holds no dot, so that <id>.<role> splits in one way, and fits in a host label', () => {
  const id = newId('database', 1_800_000_000_000)
  expect(id).toMatch(/^db_[0-9a-hjkmnp-tv-z]{26}$/)
  expect(idBody(id)).toHaveLength(26)
  expect(idToHostLabel(id)).toMatch(/^db-[0-9a-z]{26}$/)
})

test.each([
  '',
  'db_',
  'DB_00000000000000000000000000',
  'db_0000000000000000000000000u',
  `db_${'0'.repeat(27)}`,
])('%s is no database id', (text) => expect(isId('database', text)).toBe(false))

test('base32 keeps every bit: different bytes of one length give different text', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(bytes, (value) => {
      const flipped = value.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte))
      expect(toBase32(value)).toHaveLength(Math.ceil((value.length * 8) / 5))
      expect(toBase32(flipped)).not.toBe(toBase32(value))
    }),
  )
})

test('an id tells when it was made', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (now) => {
      expect(timeOfId(newId('database', now))).toBe(now)
    }),
  )
})
