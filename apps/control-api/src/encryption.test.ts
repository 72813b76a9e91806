import { expect, test } from 'vitest'
import { createEncryption } from './encryption.ts'

const encryption = createEncryption('ab'.repeat(32))
const place = { table: 'databases', column: 'admin_password', id: 'db_1' }

test('a sealed value opens in its own place and is never the same twice', () => {
  const sealed = encryption.seal('geheim ✓', place)
  expect(sealed).not.toContain('geheim')
  expect(encryption.open(sealed, place)).toBe('geheim ✓')
  expect(encryption.seal('geheim ✓', place)).not.toBe(sealed)
})

test.each([
  ['row', { ...place, id: 'db_2' }],
  ['column', { ...place, column: 'name' }],
  ['table', { ...place, table: 'secrets' }],
])('a value moved to another %s does not open', (_, other) => {
  expect(() => encryption.open(encryption.seal('secret', place), other)).toThrow()
})

test('a changed value, a shortened tag, another key and a key of the wrong length are refused', () => {
  const sealed = encryption.seal('secret', place)
  const [version, iv, tag = '', text] = sealed.split('.')
  expect(() => encryption.open(`${sealed.slice(0, -2)}AA`, place)).toThrow()
  expect(() => encryption.open([version, iv, tag.slice(0, 6), text].join('.'), place)).toThrow()
  expect(() => createEncryption('cd'.repeat(32)).open(sealed, place)).toThrow()
  expect(() => createEncryption('abc')).toThrow('64 hex')
})
