/** The UUID of a subject that is none. */
import { expect, test } from 'vitest'
import { stableUuid } from './sync-user.ts'

test('is of version 5, the same each time, and another for each issuer and subject', async () => {
  const first = await stableUuid('https://idp.example', 'auth0|1')
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(await stableUuid('https://idp.example', 'auth0|1')).toBe(first)
  expect(await stableUuid('https://idp.example', 'auth0|2')).not.toBe(first)
  expect(await stableUuid('https://other.example', 'auth0|1')).not.toBe(first)
})
