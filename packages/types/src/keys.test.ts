import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hmacKey } from './crypto.ts'
import { newId } from './ids.ts'
import { hasValidMac, KEY_PREFIX, type KeyKind, keyIdOf, newKeyValue } from './keys.ts'

const key = await hmacKey('k'.repeat(32))
const other = await hmacKey('o'.repeat(32))
const kinds = Object.keys(KEY_PREFIX) as KeyKind[]

test.each(kinds)('the value of a %s carries its id and a MAC of this installation alone', async (kind) => {
  const id = newId(kind)
  const value = await newKeyValue(kind, id, key)
  expect(value).toMatch(new RegExp(`^${KEY_PREFIX[kind]}[0-9a-z]{68}$`))
  expect(keyIdOf(kind, value)).toBe(id)
  expect(await hasValidMac(value, key)).toBe(true)
  expect(await hasValidMac(value, other)).toBe(false)
})

test('a value changed in any one character is refused', async () => {
  const value = await newKeyValue('publishableKey', newId('publishableKey'), key)
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 67 }),
      fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz'),
      async (at, character) => {
        const position = KEY_PREFIX.publishableKey.length + at
        fc.pre(value[position] !== character)
        const forged = value.slice(0, position) + character + value.slice(position + 1)
        expect(await hasValidMac(forged, key)).toBe(false)
      },
    ),
  )
})

test.each([
  '',
  'db9pk_',
  `db9sk_${'0'.repeat(68)}`,
  `db9pk_${'0'.repeat(67)}`,
  `db9pk_${'u'.repeat(68)}`,
  ` db9pk_${'0'.repeat(68)}`,
])('"%s" has not the shape of a publishable key', (value) =>
  expect(keyIdOf('publishableKey', value)).toBeNull(),
)
