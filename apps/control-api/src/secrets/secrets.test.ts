/** Secrets: sealed where they are kept, named in lists, and shown by nothing. */
import { MAX_SECRET_BYTES, MAX_SECRETS } from '@db9/types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('vault')).id
})
afterAll(() => t?.dispose())

const VALUE = 'sk-live-of-the-secrets-test'
const path = (name = '') => `/databases/${id}/secrets${name && `/${name}`}`
const names = async () => (await t.call('GET', path())).json.map(({ name }: { name: string }) => name)

test('a secret is created, listed by name, changed and deleted, as the reference has it', async () => {
  const created = await t.call('POST', path(), { body: { name: 'API_KEY', value: VALUE } })
  expect(created.status).toBe(201)
  expect(created.json).toEqual({ name: 'API_KEY', created_at: expect.any(String) })
  const taken = await t.call('POST', path(), { body: { name: 'API_KEY', value: 'other' } })
  expect([taken.status, taken.json.code]).toEqual([409, 'name_taken'])

  const changed = await t.call('PUT', path('API_KEY'), { body: { value: `${VALUE}-new` } })
  expect(changed.status).toBe(200)
  expect(changed.json).toEqual({ name: 'API_KEY', updated_at: expect.any(String) })
  expect((await t.call('GET', path())).json).toEqual([
    { name: 'API_KEY', created_at: created.json.created_at, updated_at: changed.json.updated_at },
  ])

  const deleted = await t.call('DELETE', path('API_KEY'))
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expect(await names()).toEqual([])
  for (const [method, body] of [['PUT', { value: 'x' }], ['DELETE']] as const)
    expect((await t.call(method, path('API_KEY'), { body })).status, method).toBe(404)
})

test('its value lies sealed in the metadata, bound to its row, and is in no log', async () => {
  await t.call('POST', path(), { body: { name: 'SEALED', value: VALUE } })
  await t.call('POST', path(), { body: { name: 'SEALED', value: VALUE } })
  await t.call('POST', path(), { body: { name: 'not a name', value: VALUE } })
  const { rows } = await t.metadata.query('select * from secrets where database_id = $1', [id])
  expect(rows).toHaveLength(1)
  expect(rows[0].value).toMatch(/^v1\./)
  const { rows: everything } = await t.metadata.query(
    'select to_jsonb(a) as row from audit_log a union all select to_jsonb(s) from secrets s',
  )
  expect(JSON.stringify(everything)).not.toContain(VALUE)
  expect(t.logged()).not.toContain(VALUE)
})

test.each([
  { name: '1ST', value: 'x' },
  { name: 'a-b', value: 'x' },
  { name: '', value: 'x' },
  { name: 'a'.repeat(129), value: 'x' },
  { name: 'DB9_TOKEN', value: 'x' },
  { name: 'db9_token', value: 'x' },
  { name: 'LONG', value: 'é'.repeat(MAX_SECRET_BYTES / 2 + 1) },
  { name: 'NUL', value: 'a\0b' },
  { name: 'NO_VALUE' },
  { value: 'no name' },
])('%j is refused without its value in the answer, and nothing is made', async (body) => {
  const before = await names()
  const reply = await t.call('POST', path(), { body })
  expect([400, 422]).toContain(reply.status)
  expect(reply.text.length).toBeLessThan(400)
  expect(await names()).toEqual(before)
})

test('a scoped token lists them and changes none; another account sees none', async () => {
  const tokenFor = async (access: string): Promise<string> => {
    const scope_json = JSON.stringify({ databases: [{ id, access }] })
    return (await t.call('POST', '/tokens', { body: { name: access, scope_json } })).json.token
  }
  const body = { name: 'BY_OWNER', value: 'x' }
  expect((await t.call('POST', path(), { body })).status).toBe(201)
  const before = await t.metadata.query('select * from secrets order by name')
  for (const token of [await tokenFor('ro'), await tokenFor('rw')]) {
    expect((await t.call('GET', path(), { token })).status).toBe(200)
    const refused = [
      await t.call('POST', path(), { body: { name: 'BY_AGENT', value: 'x' }, token }),
      await t.call('PUT', path('BY_OWNER'), { body: { value: 'y' }, token }),
      await t.call('DELETE', path('BY_OWNER'), { token }),
    ]
    for (const { status, json } of refused) {
      expect([status, json.code]).toEqual([403, 'forbidden'])
      expect(json.message).toContain('needs a token of the whole account')
    }
  }
  expect((await t.metadata.query('select * from secrets order by name')).rows).toEqual(before.rows)
  const stranger = await t.anonymous()
  expect((await t.call('GET', path(), { token: stranger })).status).toBe(404)
  expect((await t.call('DELETE', path('BY_OWNER'), { token: stranger })).status).toBe(404)
  expect(await names()).toContain('BY_OWNER')
})

test('a database has a bounded number of them, however many are made at once', async () => {
  const room = MAX_SECRETS - (await names()).length
  await t.metadata.query(
    `insert into secrets select $1, 'S' || n, 'v1.', now(), now() from generate_series(1, $2::int) n`,
    [id, room - 1],
  )
  const replies = await Promise.all(
    [1, 2, 3].map((n) => t.call('POST', path(), { body: { name: `LAST_${n}`, value: 'x' } })),
  )
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 422, 422])
  expect(await names()).toHaveLength(MAX_SECRETS)
})
