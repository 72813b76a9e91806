import { dirname } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

async function sessionOf(
  id: string,
  user: string,
  password: string,
): Promise<{ client: pg.Client; ended: Promise<unknown> }> {
  const { address } = await t.engine.connect(id)
  if (address.kind !== 'unix') throw new Error('not a unix socket')
  const client = new pg.Client({ host: dirname(address.path), user, password, database: 'postgres' })
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  return { client, ended }
}

test('returns a new password, ends the sessions of the old one, and leaves other roles as they are', async () => {
  const { id, admin_password } = await t.createDatabase('reset')
  await t.sql(id, `create role app login password 'of-the-app'`)
  const admin = await sessionOf(id, 'admin', admin_password)
  const app = await sessionOf(id, 'app', 'of-the-app')
  const before = (await t.engine.roleVerifier(id, 'admin'))?.verifier

  const reply = await t.call('POST', `/databases/${id}/reset-password`, { body: {} })
  expect(reply.status).toBe(200)
  expect(reply.json.admin_password).not.toBe(admin_password)
  expect(reply.json.connection_string).toContain(reply.json.admin_password)
  expect((await t.call('GET', `/databases/${id}/credentials`)).json).toEqual(reply.json)
  const after = (await t.engine.roleVerifier(id, 'admin'))?.verifier
  expect(after).not.toBe(before)

  expect(await admin.ended).toMatchObject({ code: '57P01' })
  expect((await app.client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await app.client.end()
  expect((await t.sql(id, 'select 1')).status).toBe(200)
  expect(t.proxyChanges).toEqual([{ databaseId: id, what: 'passwords' }])
  expect(t.logged()).not.toContain(reply.json.admin_password)
})

test('credentials that no longer open anything are not shown, awake or asleep: 409 names what helps', async () => {
  const { id, admin_password } = await t.createDatabase('changed-by-sql')
  const read = () => t.call('GET', `/databases/${id}/credentials`)
  expect((await read()).json.admin_password).toBe(admin_password)
  await t.engine.stop(id)
  expect((await read()).json.admin_password).toBe(admin_password)
  expect(t.engine.isRunning(id)).toBe(false)

  await t.sql(id, `alter role admin password 'set by sql'`)
  for (const stop of [false, true]) {
    if (stop) await t.engine.stop(id)
    const { status, json } = await read()
    expect([status, json.code, json.message]).toEqual([
      409,
      'conflict',
      expect.stringContaining('reset-password'),
    ])
  }
  expect(t.engine.isRunning(id)).toBe(false)
  const reset = await t.call('POST', `/databases/${id}/reset-password`, { body: {} })
  expect((await read()).json).toEqual(reset.json)
})

test('returns the same password for the same Idempotency-Key', async () => {
  const { id } = await t.createDatabase('reset-once')
  const send = () =>
    t.call('POST', `/databases/${id}/reset-password`, { body: {}, headers: { 'idempotency-key': 'reset' } })
  expect((await send()).json).toEqual((await send()).json)
})

test('returns 409 for a deleted database', async () => {
  const { id } = await t.createDatabase('reset-deleted')
  await t.call('DELETE', `/databases/${id}`)
  expect((await t.call('POST', `/databases/${id}/reset-password`, { body: {} })).status).toBe(409)
})
