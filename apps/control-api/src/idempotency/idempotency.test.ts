import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { MOST_KEYS } from './claims.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const withKey = (key: string, body: unknown, more: Record<string, string> = {}) => ({
  body,
  headers: { 'idempotency-key': key, ...more },
})

describe('a request with an Idempotency-Key', () => {
  test('returns the same reply when it is sent again, and makes nothing twice', async () => {
    const first = await t.call('POST', '/databases', withKey('create-1', { name: 'once' }))
    const again = await t.call('POST', '/databases', withKey('create-1', { name: 'once' }))
    expect(first.status).toBe(201)
    expect([again.status, again.text]).toEqual([201, first.text])
    expect([first, again].map((reply) => reply.headers.get('idempotent-replayed'))).toEqual([null, 'true'])
    expect((await t.call('GET', '/databases')).json).toHaveLength(1)
  })

  test('works for every POST that makes something', async () => {
    const { id } = (await t.call('GET', '/databases')).json[0]
    for (const [path, body] of [
      ['/tokens', { name: 'x' }],
      [`/databases/${id}/publishable-keys`, {}],
    ] as const) {
      const first = await t.call('POST', path, withKey(`for-${path}`, body))
      const again = await t.call('POST', path, withKey(`for-${path}`, body))
      expect([again.status, again.text]).toEqual([201, first.text])
    }
    const register = { token: null, ...withKey('a-long-and-random-key', undefined) }
    const first = await t.call('POST', '/anonymous-register', register)
    expect((await t.call('POST', '/anonymous-register', register)).text).toBe(first.text)
  })

  test('returns 422 with another body or path, and makes nothing', async () => {
    await t.call('POST', '/tokens', withKey('mismatch', { name: 'a' }))
    const body = await t.call('POST', '/tokens', withKey('mismatch', { name: 'b' }))
    const path = await t.call('POST', '/databases', withKey('mismatch', { name: 'a' }))
    expect([body.status, path.status]).toEqual([422, 422])
    expect(body.json.code).toBe('idempotency_mismatch')
  })

  test('returns 422 to a token with other rights, shows it nothing and makes nothing', async () => {
    const { id } = await t.createDatabase('shared')
    const scoped = async (access: string) => {
      const scope_json = JSON.stringify({ databases: [{ id, access }] })
      return (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
    }
    const [rw, other] = [await scoped('rw'), await scoped('rw')]
    const full = (await t.call('POST', '/tokens', { body: {} })).json.token
    const path = `/databases/${id}/migrations`
    const count = async () => (await t.call('GET', path)).json.length
    const post = (token: string, key: string) =>
      t.call('POST', path, { token, ...withKey(key, { name: key, sql: 'select 1' }) })

    for (const [key, first, ...others] of [
      ['of-the-full', t.ownerToken, rw, other],
      ['of-a-scoped', rw, other, t.ownerToken],
    ] as [string, string, ...string[]][]) {
      expect((await post(first, key)).status).toBe(201)
      const made = await count()
      for (const token of others) {
        const { status, json, text } = await post(token, key)
        expect([status, json.code]).toEqual([422, 'idempotency_mismatch'])
        expect(json.message).toContain('another token')
        expect(text).not.toContain('checksum')
      }
      expect((await post(first, key)).headers.get('idempotent-replayed')).toBe('true')
      expect(await count()).toBe(made)
    }
    // Another token of the whole account has the same rights.
    expect((await post(full, 'of-the-full')).headers.get('idempotent-replayed')).toBe('true')
  })

  test('returns 409 while the first request is in flight', async () => {
    const replies = await Promise.all(
      [1, 2, 3].map(() => t.call('POST', '/databases', withKey('race', { name: 'raced' }))),
    )
    const statuses = replies.map((reply) => reply.status).sort()
    expect(statuses[0]).toBe(201)
    expect(
      replies.filter((reply) => reply.status === 201 && !reply.headers.get('idempotent-replayed')),
    ).toHaveLength(1)
    for (const reply of replies)
      if (reply.status !== 201) expect(reply.json.code).toBe('idempotency_in_flight')
  })

  test('may be sent again after a refusal', async () => {
    await t.createDatabase('in-the-way')
    const body = { name: 'in-the-way' }
    expect((await t.call('POST', '/databases', withKey('refused', body))).status).toBe(409)
    await t.call('DELETE', '/databases/in-the-way')
    expect((await t.call('POST', '/databases', withKey('refused', body))).status).toBe(201)
  })

  test('belongs to its account', async () => {
    const first = await t.call('POST', '/tokens', withKey('shared-name', { name: 'x' }))
    const other = await t.call('POST', '/tokens', {
      token: await t.anonymous(),
      ...withKey('shared-name', { name: 'x' }),
    })
    expect(other.status).toBe(201)
    expect(other.json.token).not.toBe(first.json.token)
  })

  test('belongs to the address where there is no account, and must be hard to guess', async () => {
    const send = (address: string, key: string) =>
      t.call('POST', '/anonymous-register', {
        token: null,
        ...withKey(key, undefined, { 'x-db9-client-address': address }),
      })
    const [one, other] = [
      await send('192.0.2.1', 'the-very-same-key-1'),
      await send('192.0.2.2', 'the-very-same-key-1'),
    ]
    expect(one.json.token).not.toBe(other.json.token)
    expect((await send('192.0.2.1', 'short')).status).toBe(400)
  })

  test('keeps its reply encrypted, for 24 hours', async () => {
    const first = await t.call('POST', '/tokens', withKey('kept', { name: 'kept' }))
    const { rows } = await t.metadata.query(`select * from idempotency_keys where key = 'kept'`)
    expect(JSON.stringify(rows)).not.toContain(first.json.token)
    await t.metadata.query(
      `update idempotency_keys set created_at = now() - interval '25 hours' where key = 'kept'`,
    )
    const later = await t.call('POST', '/tokens', withKey('kept', { name: 'kept' }))
    expect(later.json.token).not.toBe(first.json.token)
  })

  test.each(['', 'a b', 'x'.repeat(256), 'ü'])('returns 400 for the key "%s"', async (key) => {
    expect((await t.call('POST', '/tokens', withKey(key, {}))).status).toBe(400)
  })
})

test('an account that has used 10,000 keys within a day gets 429 for another, and its own replies still', async () => {
  const token = await t.anonymous()
  const { id } = (await t.call('GET', '/me', { token })).json
  const kept = await t.call('POST', '/tokens', { token, ...withKey('kept', {}) })
  await t.metadata.query(
    `insert into idempotency_keys (id, scope, key, request_sha256, status, lease_until, created_at)
     select 'req_' || n, $1, 'k' || n, 'x', 'done', now(), now() from generate_series(2, $2) n`,
    [id, MOST_KEYS],
  )
  const refused = await t.call('POST', '/tokens', { token, ...withKey('one-more', {}) })
  expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_600)
  expect((await t.call('POST', '/tokens', { token, ...withKey('kept', {}) })).text).toBe(kept.text)
  expect((await t.call('POST', '/tokens', { token, body: {} })).status).toBe(201)
  expect((await t.call('POST', '/tokens', withKey('of-another-account', {}))).status).toBe(201)
})
