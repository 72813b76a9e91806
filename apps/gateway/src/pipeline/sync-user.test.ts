/** What of a token `auth.users` holds. */
import { expect, test } from 'vitest'
import { stableUuid, userClaims } from './sync-user.ts'

test('a UUID for a subject is of version 5, the same each time, and another for each issuer and subject', async () => {
  const first = await stableUuid('https://idp.example', 'auth0|1')
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(await stableUuid('https://idp.example', 'auth0|1')).toBe(first)
  expect(await stableUuid('https://idp.example', 'auth0|2')).not.toBe(first)
  expect(await stableUuid('https://other.example', 'auth0|1')).not.toBe(first)
})

test('what users write about themselves counts as no claim of theirs', () => {
  const user_metadata = {
    full_name: 'Ada',
    avatar_url: { url: 'x' },
    groups: ['admins'],
    is_admin: true,
    email: 'ceo@victim.com',
    email_verified: true,
    sub: 'other',
  }
  const claims = { iss: 'https://idp.example', sub: 'ada', email: 'ada@example.com', exp: 1, user_metadata }
  expect(userClaims(claims)).toEqual({
    full_name: 'Ada',
    sub: 'ada',
    email: 'ada@example.com',
    user_metadata,
  })
  expect(userClaims({ ...claims, name: 'Ada L.', picture: 'p' })).toMatchObject({
    full_name: 'Ada L.',
    avatar_url: 'p',
  })
})

test('metadata that is no object is kept as it came', () => {
  for (const user_metadata of [null, 'text', ['a'], 1])
    expect(userClaims({ sub: 'ada', user_metadata })).toEqual({ sub: 'ada', user_metadata })
})
