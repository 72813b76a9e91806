import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

describe('API tokens', () => {
  test('are 128 hex characters, shown once, listed without value, revoked at once', async () => {
    const { status, json } = await t.call('POST', '/tokens', { body: { name: 'ci', expires_in_days: 30 } })
    expect(status).toBe(201)
    expect(json).toMatchObject({
      name: 'ci',
      token: expect.stringMatching(/^[0-9a-f]{128}$/),
      scope_json: null,
    })
    expect(Math.round((Date.parse(json.expires_at) - Date.now()) / 86_400_000)).toBe(30)
    expect((await t.call('GET', '/me', { token: json.token })).status).toBe(200)

    const list = await t.call('GET', '/tokens')
    expect(list.text).not.toContain(json.token)
    const listed = list.json.find((row: { id: string }) => row.id === json.id)
    expect(listed.last_used_at).toEqual(expect.any(String))

    expect((await t.call('DELETE', `/tokens/${json.id}`)).json).toEqual({ message: 'Token revoked' })
    expect((await t.call('GET', '/me', { token: json.token })).status).toBe(401)
    expect((await t.call('DELETE', `/tokens/${json.id}`)).status).toBe(404)
    expect((await t.call('GET', '/tokens')).text).not.toContain(json.id)
  })

  test('last for 365 days by default, and need no body', async () => {
    const { status, json } = await t.call('POST', '/tokens')
    expect(status).toBe(201)
    expect(Math.round((Date.parse(json.expires_at) - Date.now()) / 86_400_000)).toBe(365)
  })

  test('return 401 once they have expired', async () => {
    const { json } = await t.call('POST', '/tokens', { body: {} })
    await t.metadata.query(`update tokens set expires_at = now() - interval '1 second' where id = $1`, [
      json.id,
    ])
    expect((await t.call('GET', '/me', { token: json.token })).status).toBe(401)
  })

  test.each([
    [{ expires_in_days: 0 }, 422, 'expires_in_days'],
    [{ expires_in_days: 1.5 }, 400, 'expires_in_days'],
    [{ expires_in_days: '30' }, 400, 'expires_in_days'],
    [{ name: 'a\0b' }, 400, 'name'],
    [{ scope_json: { databases: [] } }, 400, 'scope_json'],
    [{ scope_json: 'nonsense' }, 422, 'scope_json'],
    [{ scope_json: '{}' }, 422, 'scope_json.databases'],
    [{ scope_json: '{"databases":[]}' }, 422, 'scope_json.databases'],
    [{ scope_json: '{"databases":[{"id":"mine","access":"ro"}]}' }, 422, 'scope_json.databases.0.id'],
    [
      { scope_json: '{"databases":[{"id":"db_00000000000000000000000000","access":"admin"}]}' },
      422,
      'access',
    ],
    [
      { scope_json: '{"databases":[{"id":"db_00000000000000000000000000","access":"ro"}]}' },
      422,
      'no such database',
    ],
    [{ scope_json: '{"databases":[],"all":true}' }, 422, 'scope_json'],
  ])('with %j return %i', async (body, status, text) => {
    const reply = await t.call('POST', '/tokens', { body })
    expect([reply.status, reply.json.message]).toEqual([status, expect.stringContaining(text)])
  })

  test('return 422 where the scope names another account’s database', async () => {
    const { id } = await t.createDatabase('owners-own')
    const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
    const reply = await t.call('POST', '/tokens', { token: await t.anonymous(), body: { scope_json } })
    expect(reply.status).toBe(422)
  })
})

test('returns 422 after 200 live tokens, and a revoked token makes room', async () => {
  const token = await t.anonymous()
  const make = () => t.call('POST', '/tokens', { token, body: {} })
  const made: string[] = []
  for (let index = 0; index < 200; index++) {
    const { status, json } = await make()
    if (status !== 201) throw new Error(`token ${index}: ${status}`)
    made.push(json.id)
  }
  const { status, json } = await make()
  expect([status, json.message]).toEqual([422, 'an account has at most 200 live tokens; revoke one first'])
  expect((await t.call('GET', '/tokens', { token })).json.length).toBeLessThanOrEqual(201)
  await t.call('DELETE', `/tokens/${made[0]}`, { token })
  expect((await make()).status).toBe(201)
})
