import { expect, test } from 'vitest'
import { createNonceStore } from './nonces.ts'

test('takes a nonce once for as long as its signature could hold, and forgets it then', () => {
  const nonces = createNonceStore()
  expect(nonces.add('a', 0)).toBe(true)
  expect(nonces.add('a', 120_000)).toBe(false)
  expect(nonces.add('b', 120_000)).toBe(true)
  expect(nonces.add('a', 126_000)).toBe(true)
  expect(nonces.add('b', 126_000)).toBe(false)
})
