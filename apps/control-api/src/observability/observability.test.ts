import { dirname } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('myapp')).id
})
afterAll(() => t?.dispose())

const look = async (database = id) => t.call('GET', `/databases/${database}/observability`)

describe('a database that sleeps', () => {
  test('is not woken, and tells its storage and the reason for each other field', async () => {
    await t.engine.stop(id)
    const { status, json } = await look()
    expect(status).toBe(200)
    expect(json).toMatchObject({ awake: false, samples: [] })
    const { database_storage_bytes, ...others } = json.summary
    expect(database_storage_bytes).toBeGreaterThan(1_000_000)
    for (const [field, value] of Object.entries(others)) {
      expect(value).toBeNull()
      expect(json.unavailable[field]).toEqual(expect.any(String))
    }
    expect(json.unavailable.qps).toBe('the database sleeps')
    expect(t.engine.isRunning(id)).toBe(false)
  })
})

describe('a database that is awake', () => {
  test('tells what ran in the window, and why each null is null', async () => {
    await t.sql(id, 'create table events (user_id int)')
    await look()
    for (let n = 0; n < 20; n++) await t.sql(id, `select count(*) from events where user_id = ${n}`)
    await expect
      .poll(async () => (await look()).json.summary.statement_count, { timeout: 20_000, interval: 1_100 })
      .toBeGreaterThanOrEqual(20)
    const { json } = await look()
    const { summary, samples } = json
    expect(json.awake).toBe(true)
    expect(summary.window_seconds).toBeGreaterThanOrEqual(1)
    expect(summary.window_seconds).toBeLessThanOrEqual(60)
    expect(summary.txn_commit_count).toBeGreaterThanOrEqual(20)
    expect(summary.qps).toBeCloseTo(summary.statement_count / summary.window_seconds, 2)
    expect(summary.tps).toBeCloseTo(summary.txn_commit_count / summary.window_seconds, 2)
    expect(summary.latency_avg_ms).toBeGreaterThan(0)
    expect(summary.active_connections).toBe(0)
    const events = samples.find(({ query }: { query: string }) => query.includes('from events where'))
    expect(events).toMatchObject({
      query: 'select count(*) from events where user_id = $1',
      sample_count: 20,
      error_count: null,
      latency_p99_ms: null,
    })
    expect(events.latency_max_ms).toBeGreaterThanOrEqual(events.latency_avg_ms)
    for (const [field, value] of Object.entries(summary))
      if (value === null) expect(json.unavailable[field]).toEqual(expect.any(String))
  }, 40_000)

  test('shows no text of the service’s own sessions as superuser', async () => {
    expect((await look()).text).not.toMatch(/pg_authid|db9\.ddl/)
  })

  test('is not kept awake: looking does not count as use', async () => {
    const { id: idle } = await t.createDatabase('idle')
    await t.call('PUT', `/databases/${idle}/settings`, { body: { suspend_after_seconds: 1 } })
    await t.sql(idle, 'select 1')
    await expect
      .poll(async () => (await look(idle)).json.awake, { timeout: 20_000, interval: 300 })
      .toBe(false)
    expect(t.engine.isRunning(idle)).toBe(false)
  }, 40_000)

  test('tells the rest where the owner has put a database of their own in its place', async () => {
    const { id: replaced, admin_password } = await t.createDatabase('replaced')
    await t.sql(replaced, 'create database other')
    const { address } = await t.engine.connect(replaced)
    if (address.kind !== 'unix') throw new Error('not a unix socket')
    const server = { host: dirname(address.path), user: 'admin', password: admin_password }
    const client = new pg.Client({ ...server, database: 'other' })
    await client.connect()
    await client.query('alter database postgres rename to former')
    await client.query('create database postgres')
    await client.end()
    const { status, json } = await look(replaced)
    expect([status, json.awake, json.samples]).toEqual([200, true, []])
    expect(json.summary.txn_commit_count).toEqual(expect.any(Number))
    expect(json.unavailable.qps).toContain('does not count statements')
  })
})

test('what the owner sets and names changes nothing', async () => {
  const { id: hostile } = await t.createDatabase('hostile')
  await t.sql(
    hostile,
    `create table public.pg_stat_activity (pid int); create function public.sum(int8) returns int8 language sql return 7;
     alter database postgres set search_path = public, pg_catalog; alter role admin set search_path = public, pg_catalog;
     alter database postgres set statement_timeout = 1`,
  )
  const { status, json } = await look(hostile)
  expect([status, json.awake]).toEqual([200, true])
})

test('a read-only token may look, a stranger may not, and a deleted database is 409', async () => {
  const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
  const { token } = (await t.call('POST', '/tokens', { body: { scope_json } })).json
  expect((await t.call('GET', `/databases/${id}/observability`, { token })).status).toBe(200)
  const stranger = await t.anonymous()
  expect((await t.call('GET', `/databases/${id}/observability`, { token: stranger })).status).toBe(404)
  const { id: gone } = await t.createDatabase('gone')
  await t.call('DELETE', `/databases/${gone}`)
  expect((await look(gone)).status).toBe(409)
})
