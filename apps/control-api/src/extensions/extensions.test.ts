/** What owners may create, as the REST API tells it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

test('lists extensions by name with their source, to anyone with a token, and wakes no database', async () => {
  const { status, json } = await t.call('GET', '/extensions', { token: await t.anonymous() })
  expect(status).toBe(200)
  expect(json.map(({ name }: { name: string }) => name)).toEqual(
    json.map(({ name }: { name: string }) => name).toSorted(),
  )
  expect(json).toContainEqual(expect.objectContaining({ name: 'pgcrypto', source: 'postgres' }))
  expect(json).toContainEqual(expect.objectContaining({ name: 'pg_cron', source: 'stub' }))
  expect(json).not.toContainEqual(expect.objectContaining({ name: 'dblink' }))
  expect((await t.call('GET', '/extensions', { token: null })).status).toBe(401)
})
