import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('settings')).id
})
afterAll(() => t?.dispose())

const DEFAULTS = {
  suspend_after_seconds: 300,
  shared_buffers_mb: 16,
  work_mem_mb: 4,
  max_connections: 45,
  disk_quota_bytes: null,
  archive_quota_bytes: null,
}
const get = async () => (await t.call('GET', `/databases/${id}/settings`)).json
const put = (body: unknown) => t.call('PUT', `/databases/${id}/settings`, { body })

test('are the defaults until they are set, and hold from the next start of the server', async () => {
  expect(await get()).toEqual(DEFAULTS)
  const body = { suspend_after_seconds: -1, shared_buffers_mb: 24, max_connections: 30 }
  expect((await put(body)).json).toEqual({ ...DEFAULTS, ...body })
  expect(await get()).toEqual({ ...DEFAULTS, ...body })

  await t.engine.stop(id)
  const { rows } = (await t.sql(id, "select current_setting('shared_buffers')")).json
  expect(rows).toEqual([['24MB']])
  const connect = await t.internal('POST', `/internal/databases/${id}/connect`, { role: 'admin' })
  expect(connect.json.max_connections).toBe(30)
})

test.each([
  ['suspend_after_seconds', 0],
  ['shared_buffers_mb', 10_000_000],
  ['max_connections', 1],
  ['disk_quota_bytes', 5],
  ['archive_quota_bytes', 5],
])('returns 422 naming the field for %s of %d, and changes nothing', async (field, value) => {
  const before = await get()
  const reply = await put({ [field]: value })
  expect([reply.status, reply.json.message]).toEqual([422, expect.stringContaining(`${field}: `)])
  expect(await get()).toEqual(before)
})

test('returns 403 to an anonymous account', async () => {
  const token = await t.anonymous()
  const own = await t.createDatabase('small', { token })
  const reply = await t.call('PUT', `/databases/${own.id}/settings`, {
    token,
    body: { suspend_after_seconds: -1 },
  })
  expect(reply.status).toBe(403)
  expect((await t.call('GET', `/databases/${own.id}/settings`, { token })).json).toEqual(DEFAULTS)
})
