import { ALL_ROUTES } from '@db9/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
let rw: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('guarded')).id
  await t.sql(id, 'create table t as select g as n from generate_series(1, 3) g')
  const scope_json = JSON.stringify({ databases: [{ id, access: 'rw' }] })
  rw = (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
})
afterAll(() => t?.dispose())

const protect = (value: boolean) => t.call('PATCH', `/databases/${id}`, { body: { protected: value } })
const rows = async () => (await t.sql(id, 'select count(*)::int from t')).json.rows[0][0]

describe('a protected database', () => {
  beforeAll(async () => {
    expect((await t.sql(id, 'insert into t values (4)', { token: rw })).status).toBe(200)
    const { status, json } = await protect(true)
    expect([status, json.protected]).toEqual([200, true])
  })

  test.each([
    'drop table t',
    'truncate t',
    'delete from t',
    'delete from t where n = 1',
    'insert into t values (5)',
    'alter table t drop column n',
    'create table mine (n int)',
    'with gone as (delete from t returning n) select * from gone',
    'set transaction read write; delete from t',
    'reset role; delete from t',
    'set role admin; truncate t',
    'commit; truncate t',
    `do $$ begin execute 'trun' || 'cate t'; end $$`,
    'drop schema public cascade',
    'drop owned by admin',
  ])('takes nothing of a read-write token: %s', async (query) => {
    const { status } = await t.sql(id, query, { token: rw })
    expect([403, 422]).toContain(status)
    expect(await rows()).toBe(4)
  })

  test('is read by it, also through what the owner wrote for others', async () => {
    expect((await t.sql(id, 'select count(*)::int from t', { token: rw })).json.rows).toEqual([[4]])
    await t.sql(
      id,
      `create or replace function wipe() returns void language sql security definer as 'truncate public.t';
       grant execute on function wipe() to public`,
    )
    expect((await t.sql(id, 'select wipe()', { token: rw })).status).toBe(403)
    expect(await rows()).toBe(4)
  })

  test('refuses every route that writes to a scoped token', async () => {
    const writing = ALL_ROUTES.filter(({ access }) => access === 'write' || access === 'manage')
    expect(writing.length).toBeGreaterThan(10)
    for (const route of writing) {
      const path = route.path
        .replace('/customer', '')
        .replace('{database_id}', id)
        .replaceAll(/\{\w+\}/g, 'unknown')
      const { status, json } = await t.call(route.method.toUpperCase(), path, {
        token: rw,
        ...(route.body && { body: {} }),
      })
      expect([status, json.code], route.operationId).toEqual([403, 'forbidden'])
    }
    expect((await t.call('GET', `/databases/${id}`, { token: rw })).json.protected).toBe(true)
  })

  test('is not deleted until it is protected no more, and then takes what a read-write token sends', async () => {
    for (const query of ['', '?purge=true']) {
      const reply = await t.call('DELETE', `/databases/${id}${query}`)
      expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
    }
    expect((await t.sql(id, 'delete from t where n = 4')).status).toBe(200)
    expect((await protect(false)).json.protected).toBe(false)
    expect((await t.sql(id, 'truncate t', { token: rw })).status).toBe(200)
    expect((await t.call('DELETE', `/databases/${id}`)).status).toBe(200)
  })
})

test('a token for one branch reaches neither its parent nor another branch', async () => {
  const parent = (await t.createDatabase('parent')).id
  const [one, two] = await Promise.all(
    ['one', 'two'].map(
      async (name) => (await t.call('POST', `/databases/${parent}/branch`, { body: { name } })).json.id,
    ),
  )
  const scope_json = JSON.stringify({ databases: [{ id: one, access: 'rw' }] })
  const { token } = (await t.call('POST', '/tokens', { body: { scope_json } })).json
  expect((await t.sql(one, 'create table t (n int)', { token })).status).toBe(200)
  for (const other of [parent, two]) expect((await t.sql(other, 'select 1', { token })).status).toBe(403)
  expect((await t.call('GET', '/databases', { token })).json.map((row: { id: string }) => row.id)).toEqual([
    one,
  ])
})
