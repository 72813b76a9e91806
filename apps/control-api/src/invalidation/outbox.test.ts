import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('app')).id
})
afterAll(() => t?.dispose())

const announced = async () => {
  const { rows } = await t.metadata.query(
    'select config_version = announced_version as is_announced from databases where id = $1',
    [id],
  )
  return rows[0].is_announced as boolean
}

test('an invalidation that a crash kept from being sent is sent after the start', async () => {
  const { json: key } = await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })
  expect(await announced()).toBe(true)
  t.invalidations.length = 0
  await t.metadata.query(
    'update publishable_keys set revoked_at = now(), version = version + 1 where id = $1',
    [key.id],
  )
  await t.metadata.query('update databases set config_version = config_version + 1 where id = $1', [id])
  const restarted = await t.restart()
  await restarted.resumeJobs()
  await expect
    .poll(() => t.invalidations, { timeout: 10_000 })
    .toContainEqual({ database_id: id, key_ids: [key.id] })
  await expect.poll(announced).toBe(true)
})

test('a change of one key invalidates that key, and a change of the database all of its keys', async () => {
  const add = async () => (await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })).json.id
  const [first, second] = [await add(), await add()]
  await t.call('PATCH', `/databases/${id}/publishable-keys/${first}`, { body: { name: 'renamed' } })
  expect(t.invalidations.at(-1)).toEqual({ database_id: id, key_ids: [first] })
  await t.call('PUT', `/databases/${id}/data-api`, { body: { max_rows: 10 } })
  expect(t.invalidations.at(-1)?.key_ids).toEqual(expect.arrayContaining([first, second]))
})

test('a gateway that does not answer delays a change by a second at most, and gets the invalidation later', async () => {
  let isAway = true
  let asked = 0
  t.onInvalidation(async () => {
    asked++
    if (isAway) throw new Error('connection refused')
  })
  const { status } = await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })
  expect(status).toBe(201)
  expect(asked).toBeGreaterThan(0)
  expect(await announced()).toBe(false)
  isAway = false
  await expect.poll(announced, { timeout: 15_000 }).toBe(true)
})
