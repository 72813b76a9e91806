import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

const QUOTA = 256 * 2 ** 20

let t: TestApi
beforeAll(async () => {
  t = await startTestApi({
    anonymousDiskQuotaBytes: QUOTA,
    registrationLimits: { perAddress: { burst: 3, perHour: 3 }, overall: { burst: 1000, perHour: 1000 } },
  })
})
afterAll(() => t?.dispose())

const from = (address: string) => ({ token: null, headers: { 'x-db9-client-address': address } })

describe('the owner', () => {
  test('is made once, and its token is shown once and stored as a hash', async () => {
    expect(t.ownerToken).toMatch(/^[0-9a-f]{128}$/)
    expect(await t.api.ensureOwner()).toEqual({ token: null })
    const { rows } = await t.metadata.query(`select sha256 from tokens where kind = 'owner'`)
    expect(rows).toEqual([{ sha256: createHash('sha256').update(t.ownerToken).digest('hex') }])
  })

  test('has no limit of databases and no e-mail address', async () => {
    const { json } = await t.call('GET', '/me')
    expect(json).toMatchObject({ email: null, status: 'active', is_anonymous: false, database_limit: null })
    expect(json.id).toMatch(/^cus_/)
  })
})

describe('an anonymous account', () => {
  test('is made without a credential and gets a token that works', async () => {
    const { status, json } = await t.call('POST', '/anonymous-register', from('203.0.113.1'))
    expect(status).toBe(201)
    expect(json).toMatchObject({ anonymous_id: expect.stringMatching(/^anon_/), is_anonymous: true })
    expect(json.anonymous_secret).toMatch(/^sk_anon_/)
    const days = (Date.parse(json.expires_at) - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(90)
    const me = await t.call('GET', '/me', { token: json.token })
    expect(me.json).toMatchObject({ is_anonymous: true, database_limit: 5 })
  })

  test('gives its databases and branches a disk quota, which the owner’s databases lack', async () => {
    const token = await t.anonymous()
    const quotaOf = async (id: string, options: { token?: string } = {}) =>
      (await t.call('GET', `/databases/${id}/settings`, options)).json.disk_quota_bytes
    const { id } = await t.createDatabase('bounded', { token })
    expect(await quotaOf(id, { token })).toBe(QUOTA)
    const branch = await t.call('POST', `/databases/${id}/branch`, { token, body: { name: 'branch' } })
    expect(branch.status).toBe(201)
    expect(await quotaOf(branch.json.id, { token })).toBe(QUOTA)
    // The server was started with it.
    for (const each of [id, branch.json.id]) {
      const shown = await t.call('POST', `/databases/${each}/sql`, {
        token,
        body: { query: 'show temp_file_limit' },
      })
      expect(shown.json.rows).toEqual([['256MB']])
    }
    const own = await t.createDatabase('unbounded')
    expect(await quotaOf(own.id)).toBeNull()
  })

  test('returns 403 quota_exceeded for the sixth live database until one is deleted', async () => {
    const token = await t.anonymous()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await t.createDatabase(name, { token })
    const sixth = await t.call('POST', '/databases', { token, body: { name: 'f' } })
    expect([sixth.status, sixth.json]).toEqual([
      403,
      { message: 'anonymous account limit (5 databases)', code: 'quota_exceeded' },
    ])
    expect((await t.call('GET', '/databases', { token })).json).toHaveLength(5)
    await t.call('DELETE', '/databases/a', { token })
    const both = await Promise.all(
      ['f', 'g'].map((name) => t.call('POST', '/databases', { token, body: { name } })),
    )
    expect(both.map((reply) => reply.status).sort()).toEqual([201, 403])
  })

  test('returns a new token for its secret, also after the old token is revoked', async () => {
    const { json: account } = await t.call('POST', '/anonymous-register', from('203.0.113.2'))
    await t.metadata.query(`update tokens set expires_at = now() - interval '1 day' where kind = 'session'`)
    expect((await t.call('GET', '/me', { token: account.token })).status).toBe(401)
    const { anonymous_id, anonymous_secret } = account
    const refreshed = await t.call('POST', '/anonymous-refresh', {
      token: null,
      body: { anonymous_id, anonymous_secret },
    })
    expect(refreshed.status).toBe(200)
    expect((await t.call('GET', '/me', { token: refreshed.json.token })).status).toBe(200)
  })

  test('returns the same 401 for a wrong secret and for an unknown account', async () => {
    const { json: account } = await t.call('POST', '/anonymous-register', from('203.0.113.3'))
    const refresh = (anonymous_id: string, anonymous_secret: string) =>
      t.call('POST', '/anonymous-refresh', { token: null, body: { anonymous_id, anonymous_secret } })
    const wrong = await refresh(account.anonymous_id, 'sk_anon_wrong')
    const replies = [
      await refresh('anon_00000000000000000000000000', account.anonymous_secret),
      await refresh('', ''),
      await refresh("anon_' or true --", account.anonymous_secret),
    ]
    expect(wrong.status).toBe(401)
    for (const reply of replies) expect([reply.status, reply.text]).toEqual([401, wrong.text])
  })

  test('returns 429 to an address that made too many, counted by /64 for IPv6', async () => {
    for (const last of [1, 2, 3]) {
      expect((await t.call('POST', '/anonymous-register', from(`2001:db8:9:9::${last}`))).status).toBe(201)
    }
    const refused = await t.call('POST', '/anonymous-register', from('2001:db8:9:9:ffff::4'))
    expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(1000)
    expect((await t.call('POST', '/anonymous-register', from('2001:db8:9:a::1'))).status).toBe(201)
  })

  test('returns 403 registration_closed where registration is switched off', async () => {
    const closed = await t.restart(t.engine, { anonymousRegistration: false })
    const count = async () => (await t.metadata.query('select count(*)::int as n from customers')).rows[0].n
    const before = await count()
    const reply = await closed.fetch(
      new Request('http://control/customer/anonymous-register', { method: 'POST' }),
    )
    expect([reply.status, await reply.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'registration_closed' }),
    ])
    expect(await count()).toBe(before)
  })
})
