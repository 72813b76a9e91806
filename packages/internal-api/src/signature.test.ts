import { hmacKey } from '@db9/types/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNonceStore } from './nonces.ts'
import { signRequest, verifyOnce, verifyRequest } from './signature.ts'

const key = await hmacKey('k'.repeat(32))
const other = await hmacKey('o'.repeat(32))
const NOW = 1_800_000_000_000
const parts = { method: 'POST', path: '/internal/databases/db_1/connect?x=1', body: '{"role":"anon"}' }

test('a signed request is good for 60 seconds either way and tells its nonce', async () => {
  const signature = await signRequest(parts, key, NOW)
  const nonce = await verifyRequest(parts, signature, key, NOW)
  expect(nonce).toMatch(/^[\w-]{16}$/)
  expect(await verifyRequest(parts, signature, key, NOW + 60_000)).toBe(nonce)
  expect(await verifyRequest(parts, signature, key, NOW + 61_000)).toBeNull()
  expect(await verifyRequest(parts, signature, key, NOW - 61_000)).toBeNull()
})

test.each([
  ['method', { ...parts, method: 'GET' }],
  ['path', { ...parts, path: '/internal/databases/db_2/connect?x=1' }],
  ['query', { ...parts, path: '/internal/databases/db_1/connect?x=2' }],
  ['body', { ...parts, body: '{"role":"admin"}' }],
])('a signature does not hold for another %s', async (_, changed) => {
  expect(await verifyRequest(changed, await signRequest(parts, key, NOW), key, NOW)).toBeNull()
})

test('a signature under another secret, and none at all, are refused', async () => {
  expect(await verifyRequest(parts, await signRequest(parts, other, NOW), key, NOW)).toBeNull()
  expect(await verifyRequest(parts, undefined, key, NOW)).toBeNull()
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      expect(await verifyRequest(parts, text, key, NOW)).toBeNull()
    }),
  )
})

test('a signature counts once', async () => {
  const signature = await signRequest(parts, key, NOW)
  const nonces = createNonceStore()
  expect(await verifyOnce(parts, signature, { key: other, nonces, now: NOW })).toBe(false)
  expect(await verifyOnce(parts, signature, { key, nonces, now: NOW })).toBe(true)
  expect(await verifyOnce(parts, signature, { key, nonces, now: NOW })).toBe(false)
})
