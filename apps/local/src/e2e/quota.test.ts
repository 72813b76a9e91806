import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const MB = 2 ** 20

let stack: TestStack
let id: string
let key: string
beforeAll(async () => {
  stack = await startTestStack()
  const created = await stack.createDatabase(
    'full',
    'create table t (filler text storage external); grant all on t to anon',
  )
  id = created.id
  key = (await stack.createKey(id, { require_rls: false })).value
})
afterAll(() => stack.dispose())

const setQuota = async (disk_quota_bytes: number | null) =>
  expectStatus(200, await stack.api('PUT', `/databases/${id}/settings`, { disk_quota_bytes }))
const read = () => stack.rest(id, 't?select=filler&limit=0', { key })
const write = () => stack.rest(id, 't', { key, method: 'POST', body: { filler: 'x' } })
const rows = async () =>
  expectStatus(200, await stack.sql(id, 'select count(*)::int from t')).json.rows[0][0] as number
const used = async () => {
  const sizes =
    '(select sum(pg_database_size(oid)) from pg_database) + (select sum(size) from pg_ls_waldir())'
  return Number(expectStatus(200, await stack.sql(id, `select (${sizes})::float8`)).json.rows[0][0])
}

/** A quota counts in a moment, not in the instant that it is set. */
const eventuallyAnswers = (ask: () => Promise<{ status: number }>, status: number) =>
  expect.poll(async () => (await ask()).status, { timeout: 15_000, interval: 200 }).toBe(status)

/** Once the log that was archived has been given back: what is used falls by itself until then. */
const usedAtRest = async () => {
  for (let before = 0; ; ) {
    expectStatus(200, await stack.sql(id, 'checkpoint'))
    const now = await used()
    if (Math.abs(now - before) < MB) return now
    before = now
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

test('over its quota a database answers reads, refuses writes by 507, and its owner can make room', async () => {
  expectStatus(201, await write())
  expectStatus(
    200,
    await stack.sql(id, `insert into t select repeat('x', ${MB}) from generate_series(1, 80)`),
  )
  await setQuota(Math.round((await usedAtRest()) / 1.05))

  await eventuallyAnswers(write, 507)
  const refused = await write()
  expect(refused).toMatchObject({ status: 507, json: { code: '53100' } })
  expect(refused.json.message).toContain('quota')
  expectStatus(200, await read())
  const before = await rows()
  expect((await stack.sql(id, 'delete from t')).status).toBe(422)
  expect(await rows()).toBe(before)

  // Far over it, visitors are not served at all.
  await setQuota(64 * MB)
  await eventuallyAnswers(read, 507)
  expect(await read()).toMatchObject({ status: 507, json: { code: '53100' } })

  expectStatus(200, await stack.sql(id, 'begin read write; truncate t; commit'))
  await setQuota(400 * MB)
  await eventuallyAnswers(write, 201)
  expectStatus(200, await read())
})
