/** Keys that servers act by: created, listed and revoked beside publishable keys, and mixed up with none. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { createKeyOf, keyConfigOf } from '../testing/keys.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('servers')).id
})
afterAll(() => t?.dispose())

const path = (rest = '') => `/databases/${id}/service-keys${rest}`

test('a key is shown once, reaches the gateway, is listed apart, and ends when it is revoked', async () => {
  const publishable = await createKeyOf(t, id)
  const body = { name: 'worker', rate_limit: { rps: 5 }, expires_in_days: 1 }
  const created = await t.call('POST', path(), { body })
  expect(created.status).toBe(201)
  const { service_key, ...shown } = created.json
  expect(service_key).toMatch(/^db9sk_[0-9a-z]{68}$/)
  expect(shown).toMatchObject({
    name: 'worker',
    exposed_schemas: ['public'],
    rate_limit: { rps: 5, burst: 10 },
  })

  expect((await t.call('GET', path())).json).toEqual([shown])
  const listed = (await t.call('GET', `/databases/${id}/publishable-keys`)).json
  expect(listed.map((key: { id: string }) => key.id)).toEqual([publishable.id])

  const config = await keyConfigOf(t, shown.id)
  expect(config.key).toMatchObject({
    status: 'active',
    exposed_tables: null,
    exposed_functions: ['*'],
    require_rls: false,
  })
  expect(JSON.stringify(await t.internal('GET', `/internal/keys/${shown.id}`))).not.toContain(service_key)

  expect((await t.call('DELETE', path(`/${publishable.id}`))).status).toBe(404)
  expect((await t.call('DELETE', `/databases/${id}/publishable-keys/${shown.id}`)).status).toBe(404)
  expect((await keyConfigOf(t, shown.id)).key.status).toBe('active')
  expect((await t.call('DELETE', path(`/${shown.id}`))).status).toBe(200)
  expect((await keyConfigOf(t, shown.id)).key.status).toBe('revoked')
  expect(t.invalidations.at(-1)?.key_ids).toContain(shown.id)
  expect((await t.call('GET', path())).json).toEqual([])
  expect((await t.call('DELETE', path(`/${shown.id}`))).status).toBe(404)
})

test.each([
  { allowed_origins: ['https://example.com'] },
  { exposed_tables: ['t'] },
  { require_rls: true },
  { exposed_schemas: ['auth'] },
  { rate_limit: { rps: 0 } },
  { expires_in_days: 0 },
])('%j is refused, and nothing is made', async (body) => {
  const before = (await t.call('GET', path())).json
  expect([400, 422]).toContain((await t.call('POST', path(), { body })).status)
  expect((await t.call('GET', path())).json).toEqual(before)
})

test('a scoped token of the database can neither make nor revoke one, since the key would outlive it', async () => {
  const { json: key } = await t.call('POST', path(), { body: {} })
  const scope_json = JSON.stringify({ databases: [{ id, access: 'rw' }] })
  const { json: scoped } = await t.call('POST', '/tokens', { body: { name: 'agent', scope_json } })
  for (const [method, at] of [
    ['POST', path()],
    ['DELETE', path(`/${key.id}`)],
  ] as const)
    expect((await t.call(method, at, { body: {}, token: scoped.token })).status, method).toBe(403)
  expect((await keyConfigOf(t, key.id)).key.status).toBe('active')
})
