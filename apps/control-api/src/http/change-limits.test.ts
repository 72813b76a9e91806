import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  const few = { burst: 3, perHour: 60 }
  t = await startTestApi({ changeLimits: { anonymous: few, owner: { burst: 1_000, perHour: 1_000 } } })
})
afterAll(() => t?.dispose())

test('an account that changes too much gets 429 with Retry-After, changes nothing, and may still read', async () => {
  const token = await t.anonymous()
  const make = () => t.call('POST', '/tokens', { token, body: {} })
  const replies = [await make(), await make(), await make()]
  expect(replies.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(replies.map(({ headers }) => headers.get('ratelimit'))).toEqual([
    expect.stringMatching(/^"changes";r=2;t=\d+$/),
    expect.stringMatching(/^"changes";r=1;t=\d+$/),
    expect.stringMatching(/^"changes";r=0;t=\d+$/),
  ])
  expect(replies[0]?.headers.get('ratelimit-policy')).toBe('"changes";q=3;w=180')

  const refused = await make()
  expect([refused.status, refused.json]).toEqual([
    429,
    { message: 'the account changes too much at once', code: 'rate_limited' },
  ])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('ratelimit')).toMatch(/^"changes";r=0;/)
  const list = await t.call('GET', '/tokens', { token })
  expect([list.status, list.json.length, list.headers.get('ratelimit')]).toEqual([200, 4, null])
})

test('one account’s changes take nothing from another, and a refused token takes nothing', async () => {
  const [first, second] = [await t.anonymous(), await t.anonymous()]
  for (let n = 0; n < 4; n++) await t.call('POST', '/tokens', { token: first, body: {} })
  for (let n = 0; n < 4; n++) expect((await t.call('POST', '/tokens', { token: 'wrong' })).status).toBe(401)
  expect((await t.call('POST', '/tokens', { token: second, body: {} })).status).toBe(201)
  expect((await t.call('POST', '/tokens', { body: {} })).headers.get('ratelimit')).toContain('r=999')
})

test('SQL is not counted as a change', async () => {
  const token = await t.anonymous()
  const { id } = await t.createDatabase('app', { token })
  for (let n = 0; n < 5; n++) expect((await t.sql(id, 'select 1', { token })).status).toBe(200)
})
