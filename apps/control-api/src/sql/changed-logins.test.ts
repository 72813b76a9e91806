/** Sessions of a database that change the logins by which the service runs SQL. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { loginOf } from './session.ts'

let t: TestApi
let id: string
let token: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('changed')).id
  const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
  token = (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
  await t.sql(id, 'create table r as select 1 as n')
})
afterAll(() => t?.dispose())
beforeEach(async () => {
  await t.engine.stop(id)
})

/** As a session of a client's does, whose login the data proxy opens with the same password. */
async function attack(as: 'admin' | 'reader', ...texts: string[]): Promise<void> {
  const { address, database, logins } = await t.engine.connect(id)
  const options = { as, address, database, logins, readOnly: false, isOurs: true } as const
  const client = new pg.Client(loginOf(options))
  await client.connect()
  for (const text of ['set role none', 'begin read write', ...texts, 'commit']) await client.query(text)
  await client.end()
}

const readOnly = async (query: string) => {
  const { status, json } = await t.sql(id, query, { token })
  return [status, json.rows]
}

describe('SQL of a token runs', () => {
  test.each([
    [`alter role db9_reader password 'pw'`],
    ['alter role db9_reader set search_path = pg_temp'],
    ['alter role db9_reader set transaction_timeout = 1'],
    ['alter role db9_reader reset default_transaction_read_only'],
    ['alter role db9_reader in database postgres set search_path = pg_temp'],
  ])('of a read-only one, after %s', async (text) => {
    await attack('reader', text)
    expect(await readOnly('select n from r')).toEqual([200, [[1]]])
    expect(await readOnly('show transaction_timeout')).toEqual([200, [['0']]])
    expect(await readOnly('show default_transaction_read_only')).toEqual([200, [['on']]])
  })

  test.each([[`password 'pw'`], ['set search_path = pg_temp'], ['set transaction_timeout = 1']])(
    'of the account, after alter role db9_admin %s',
    async (text) => {
      await attack('admin', `alter role db9_admin ${text}`)
      const { status, json } = await t.sql(id, 'select n from r')
      expect([status, json.rows]).toEqual([200, [[1]]])
      expect((await t.call('GET', `/databases/${id}/schema`)).status).toBe(200)
    },
  )
})

test('lists, types, dumps and a new password of admin are had after the password of db9_admin was changed', async () => {
  for (const request of [
    () => t.call('GET', `/databases/${id}/schema`),
    () => t.call('GET', `/databases/${id}/types`),
    () => t.call('POST', `/databases/${id}/dump`, { body: {} }),
  ]) {
    await t.engine.stop(id)
    await attack('admin', `alter role db9_admin password 'pw'`)
    expect((await request()).status).toBe(200)
  }
})

test('a statement that raises the code of a wrong password itself runs once', async () => {
  await t.sql(id, 'create sequence runs')
  const text = `do $$ begin perform nextval('runs'); raise exception using errcode = '28P01'; end $$`
  expect((await t.sql(id, text)).status).toBe(422)
  expect((await t.sql(id, 'select last_value::int, is_called from runs')).json.rows).toEqual([[1, true]])
})
