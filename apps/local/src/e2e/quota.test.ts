import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
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
/** A quota counts in a moment, not in the instant that it is set. */
const eventuallyAnswers = (ask: () => Promise<{ status: number }>, status: number) =>
  expect.poll(async () => (await ask()).status, { timeout: 15_000, interval: 200 }).toBe(status)

/** Of the data without its log. */
const used = async () => {
  expectStatus(200, await stack.sql(id, 'checkpoint'))
  const folder = join(stack.dataFolder, id, 'data')
  const [kilobytes] = execFileSync('du', ['-sk', '--exclude=pg_wal', folder], { encoding: 'utf8' }).split(
    '\t',
  )
  return Number(kilobytes) * 1024
}

test('over its quota a database answers reads, refuses writes by 507, and its owner can make room', async () => {
  expectStatus(201, await write())
  expectStatus(
    200,
    await stack.sql(id, `insert into t select repeat('x', ${MB}) from generate_series(1, 100)`),
  )
  await setQuota((await used()) - 4 * MB)

  await eventuallyAnswers(write, 507)
  const refused = await write()
  expect(refused).toMatchObject({ status: 507, json: { code: '53100' } })
  expect(refused.json.message).toContain('quota')
  expectStatus(200, await read())
  const before = await rows()
  const deletion = await stack.sql(id, 'delete from t')
  expect(deletion).toMatchObject({ status: 422, json: { hint: expect.stringContaining('BEGIN READ WRITE') } })
  expect(await rows()).toBe(before)

  // Far over it, it goes on answering reads, and only its owner may connect.
  await setQuota(64 * MB)
  await eventuallyAnswers(read, 200)
  expect(await write()).toMatchObject({ status: 507, json: { code: '53100' } })

  // A session that goes on writing is ended, and what it wrote is not kept.
  const more = `begin read write; insert into t select repeat('x', ${MB}) from generate_series(1, 300); commit`
  expect([422, 503]).toContain((await stack.sql(id, more)).status)
  await eventuallyAnswers(() => stack.sql(id, 'select 1'), 200)
  expect(await rows()).toBe(before)

  expectStatus(200, await stack.sql(id, 'begin read write; truncate t; commit'))
  await eventuallyAnswers(write, 201)
  expectStatus(200, await read())
})
