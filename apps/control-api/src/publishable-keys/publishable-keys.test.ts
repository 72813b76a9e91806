import { createHash } from 'node:crypto'
import { hmacKey } from '@db9/types/crypto'
import { DATA_API_DEFAULTS } from '@db9/types/internal'
import { hasValidMac, keyIdOf } from '@db9/types/keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_SECRET, startTestApi, type TestApi } from '../testing/api.ts'
import { createKeyOf, keyConfigOf } from '../testing/keys.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('browser')).id
})
afterAll(() => t?.dispose())

describe('a publishable key', () => {
  test('is returned with its value once, and with what it allows', async () => {
    const body = {
      name: 'web-app',
      allowed_origins: ['https://example.com'],
      exposed_schemas: ['public'],
      exposed_tables: ['posts', 'comments'],
      rate_limit: { rps: 100, burst: 200 },
      expires_in_days: 90,
    }
    const { status, json } = await t.call('POST', `/databases/${id}/publishable-keys`, { body })
    expect(status).toBe(201)
    const { name, allowed_origins, exposed_schemas, exposed_tables } = body
    expect(json).toMatchObject({ name, allowed_origins, exposed_schemas, exposed_tables })
    expect(Math.round((Date.parse(json.expires_at) - Date.now()) / 86_400_000)).toBe(90)
    expect(keyIdOf('publishableKey', json.publishable_key)).toBe(json.id)
    expect(await hasValidMac(json.publishable_key, await hmacKey(KEY_SECRET))).toBe(true)

    const list = await t.call('GET', `/databases/${id}/publishable-keys`)
    expect(list.json).toContainEqual(expect.objectContaining({ id: json.id, name }))
    expect(list.text).not.toContain('db9pk_')
    const { rows } = await t.metadata.query('select * from publishable_keys')
    expect(JSON.stringify(rows)).not.toContain('db9pk_')
  })

  test('reaches the gateway as one configuration', async () => {
    const key = await createKeyOf(t, id, {
      allow_no_origin: true,
      require_rls: false,
      on_limiter_failure: 'closed',
    })
    const config = await keyConfigOf(t, key.id)
    expect(config).toEqual({
      version: expect.any(Number),
      key: {
        id: key.id,
        sha256: createHash('sha256').update(key.publishable_key).digest('hex'),
        status: 'active',
        expires_at: null,
        limit_group: key.id,
        allowed_origins: null,
        allow_no_origin: true,
        exposed_schemas: ['public'],
        exposed_tables: null,
        exposed_functions: [],
        require_rls: false,
        rate_limit: { rps: 100, burst: 200, costs: { write: 1, rpc: 1 } },
        on_limiter_failure: 'closed',
      },
      database: { id, state: 'ACTIVE' },
      byo_jwt: null,
      data_api: DATA_API_DEFAULTS,
      sync_users: false,
    })
    expect(t.invalidations.at(-1)).toEqual({ database_id: id, key_ids: expect.arrayContaining([key.id]) })
  })

  test('is revoked at once, and an invalidation is sent', async () => {
    const key = await createKeyOf(t, id)
    const before = await keyConfigOf(t, key.id)
    const { status, json } = await t.call('DELETE', `/databases/${id}/publishable-keys/${key.id}`)
    expect([status, json]).toEqual([200, { message: 'Publishable key revoked' }])
    const after = await keyConfigOf(t, key.id)
    expect(after.key.status).toBe('revoked')
    expect(after.version).toBeGreaterThan(before.version)
    expect(t.invalidations.at(-1)?.key_ids).toContain(key.id)
    expect((await t.call('DELETE', `/databases/${id}/publishable-keys/${key.id}`)).status).toBe(404)
    expect((await t.call('GET', `/databases/${id}/publishable-keys`)).text).not.toContain(key.id)
  })

  test('is changed field by field, keeps its value, and an invalidation is sent', async () => {
    const key = await createKeyOf(t, id, {
      allowed_origins: ['https://a.example'],
      exposed_tables: ['posts'],
    })
    const path = `/databases/${id}/publishable-keys/${key.id}`
    const before = await keyConfigOf(t, key.id)
    const changed = await t.call('PATCH', path, {
      body: { allowed_origins: null, rate_limit: { rps: 5 }, expires_in_days: 1 },
    })
    expect(changed.status).toBe(200)
    const after = await keyConfigOf(t, key.id)
    expect(after.key).toEqual({
      ...before.key,
      allowed_origins: null,
      rate_limit: { rps: 5, burst: 10, costs: { write: 1, rpc: 1 } },
      expires_at: expect.any(Number),
    })
    expect(after.version).toBeGreaterThan(before.version)
    expect(t.invalidations.at(-1)?.key_ids).toContain(key.id)

    const refused = await t.call('PATCH', path, { body: { exposed_schemas: ['pg_catalog'] } })
    expect(refused.status).toBe(422)
    expect((await keyConfigOf(t, key.id)).key).toEqual(after.key)
  })

  test('is rotated: both values work for the overlap and share one limit, and no expiry is extended', async () => {
    const key = await createKeyOf(t, id, { exposed_tables: ['posts'], expires_in_days: 0.001 })
    const old = await keyConfigOf(t, key.id)
    const path = `/databases/${id}/publishable-keys/${key.id}/rotate`
    const { status, json } = await t.call('POST', path, { body: { overlap_seconds: 3600 } })
    expect([status, json.publishable_key === key.publishable_key]).toEqual([201, false])
    const next = await keyConfigOf(t, json.id)
    expect(next.key).toMatchObject({ limit_group: key.id, exposed_tables: ['posts'], status: 'active' })
    expect((await keyConfigOf(t, key.id)).key).toEqual(old.key)

    const again = await t.call('POST', `/databases/${id}/publishable-keys/${json.id}/rotate`, {
      body: { overlap_seconds: 0 },
    })
    expect((await keyConfigOf(t, again.json.id)).key.limit_group).toBe(key.id)
    expect((await keyConfigOf(t, json.id)).key.status).toBe('revoked')
    expect((await t.call('POST', path, { body: { overlap_seconds: -1 } })).status).toBe(422)
  })

  test('returns 422 for the rotation of an expired key, and makes none', async () => {
    const key = await createKeyOf(t, id, { expires_in_days: 0.001 })
    await t.metadata.query(
      `update publishable_keys set expires_at = now() - interval '1 second' where id = $1`,
      [key.id],
    )
    const list = async () => (await t.call('GET', `/databases/${id}/publishable-keys`)).json.length
    const before = await list()
    const { status, json } = await t.call('POST', `/databases/${id}/publishable-keys/${key.id}/rotate`, {
      body: {},
    })
    expect([status, json.message]).toEqual([422, 'key_id: the key has expired: make a new one instead'])
    expect(await list()).toBe(before)
  })

  test('returns 404 through another database', async () => {
    const other = await t.createDatabase('another')
    const { json: key } = await t.call('POST', `/databases/${other.id}/publishable-keys`, { body: {} })
    expect((await t.call('DELETE', `/databases/${id}/publishable-keys/${key.id}`)).status).toBe(404)
    expect((await keyConfigOf(t, key.id)).key.status).toBe('active')
  })

  test.each([
    [{ name: 7 }, 400, 'name'],
    [{ allowed_origins: 'https://example.com' }, 400, 'allowed_origins'],
    [{ allowed_origins: [1] }, 400, 'allowed_origins.0'],
    [{ rate_limit: { rps: '5' } }, 400, 'rate_limit.rps'],
    [{ rate_limit: { per_minute: 5 } }, 400, 'rate_limit.per_minute'],
    [{ on_limiter_failure: 'open' }, 400, 'on_limiter_failure'],
    [{ database_id: 'db_1' }, 400, 'database_id'],
    [{ expires_in_days: 0 }, 422, 'expires_in_days'],
    [{ expires_in_days: 3651 }, 422, 'expires_in_days'],
    [{ exposed_schemas: ['auth'] }, 422, 'exposed_schemas.0'],
  ])('with %j returns %i and is not made', async (body, status, field) => {
    const before = (await t.call('GET', `/databases/${id}/publishable-keys`)).json.length
    const reply = await t.call('POST', `/databases/${id}/publishable-keys`, { body })
    expect([reply.status, reply.json.message]).toEqual([status, expect.stringContaining(`${field}: `)])
    expect((await t.call('GET', `/databases/${id}/publishable-keys`)).json).toHaveLength(before)
  })

  test('returns 422 after a hundred live keys, also for requests at once', async () => {
    const { id: full } = await t.createDatabase('full')
    const make = () => t.call('POST', `/databases/${full}/publishable-keys`, { body: {} })
    for (let i = 0; i < 98; i++) await make()
    const replies = await Promise.all([make(), make(), make(), make()])
    expect(replies.map((reply) => reply.status).sort()).toEqual([201, 201, 422, 422])
    const { json } = await t.call('GET', `/databases/${full}/publishable-keys`)
    await t.call('DELETE', `/databases/${full}/publishable-keys/${json[0].id}`)
    expect((await make()).status).toBe(201)
  })
})
