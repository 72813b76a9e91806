import { hmacKey } from '@db9/types/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { looksLikeSqlCredential, mintSqlCredential, verifySqlCredential } from './sql-credential.ts'

const key = await hmacKey('k'.repeat(32))
const other = await hmacKey('o'.repeat(32))
const NOW = 1_800_000_000_000

test('an SQL credential opens what it names until it ends', async () => {
  const credential = { databaseId: 'db_1', role: 'anon', expiresAt: NOW / 1000 + 60 }
  const password = await mintSqlCredential(credential, key)
  expect(looksLikeSqlCredential(password)).toBe(true)
  expect(await verifySqlCredential(password, key, NOW)).toEqual(credential)
  expect(await verifySqlCredential(password, key, NOW + 60_000)).toBeNull()
  expect(await verifySqlCredential(password, other, NOW)).toBeNull()
})

test('text that is no SQL credential is refused without a throw', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `db9sql1.${rest}`),
  )
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      expect(await verifySqlCredential(value, key, NOW)).toBeNull()
    }),
  )
})
