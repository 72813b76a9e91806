/** The service `/rest/v1` in a real workerd, with a data proxy that the tests answer for. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'
import { type RawOptions, sendRaw } from '../testing/raw-request.ts'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway()
  key = await gateway.addKey()
})
afterAll(() => gateway?.stop())

const apikey = () => ({ apikey: key.value })

const rawRequest = (path: string, options: RawOptions) => sendRaw(gateway.url, path, options)

describe('the data plane', () => {
  test('answers under the database’s own host name too, and only with its own keys', async () => {
    const host = `${key.databaseId.replace('_', '-')}.data.localhost`
    const own = await rawRequest('/rest/v1/notes', { headers: { host, apikey: key.value } })
    expect(own).toEqual({ status: 200, body: '[{"id":1}]' })
    const other = await gateway.addKey()
    expect((await rawRequest('/rest/v1/notes', { headers: { host, apikey: other.value } })).status).toBe(401)
    expect((await rawRequest('/customer/me', { headers: { host } })).status).toBe(404)
  })

  test('refuses what the key does not expose, unsafe tables and unknown names without a statement', async () => {
    const before = gateway.proxy.batches.length
    for (const [path, status, code] of [
      ['nothing', 404, 'PGRST205'],
      ['pg_catalog.pg_user', 404, 'PGRST205'],
      ['notes%22%3B%20drop%20table%20x%3B--', 404, 'PGRST205'],
      ['open_notes', 403, 'DB9201'],
      ['notes?id=~.1', 400, 'PGRST100'],
      ['notes/1', 404, 'PGRST125'],
    ] as [string, number, string][]) {
      const reply = await fetch(`${key.base}/${path}`, { headers: apikey() })
      expect([path, reply.status, await reply.json()]).toEqual([
        path,
        status,
        expect.objectContaining({ code }),
      ])
    }
    expect(gateway.proxy.batches.length).toBe(before)
  })

  test('ends a body at the cap of the database, while it arrives', async () => {
    const small = await gateway.addKey((config) => {
      config.data_api.caps.request_bytes = 1000
    })
    const before = gateway.proxy.batches.length
    const path = new URL(`${small.base}/notes`).pathname
    const headers = { apikey: small.value, 'content-type': 'application/json' }
    const body = [`{"title":"${'x'.repeat(900)}`, 'x'.repeat(200), '"}']
    expect((await rawRequest(path, { method: 'POST', headers, body })).status).toBe(413)
    const badUtf8 = await fetch(`${small.base}/notes`, {
      method: 'POST',
      headers,
      body: new Uint8Array([0x22, 0xff, 0x22]),
    })
    expect([badUtf8.status, await badUtf8.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'PGRST102' }),
    ])
    expect(gateway.proxy.batches.length).toBe(before)
  })

  test('accepts bodies of 1 MiB by default', async () => {
    const own = await gateway.addKey()
    const post = (bytes: number) =>
      fetch(`${own.base}/notes`, {
        method: 'POST',
        body: `{"title":"${'x'.repeat(bytes - 12)}"}`,
        headers: { apikey: own.value, 'content-type': 'application/json' },
      })
    expect((await post(1024 * 1024)).status).toBe(201)
    expect((await post(1024 * 1024 + 1)).status).toBe(413)
    const several = await Promise.all(Array.from({ length: 8 }, () => post(1024 * 1024)))
    expect(new Set(several.map(({ status }) => status))).toEqual(new Set([201]))
  })

  test('writes outside of a read-only transaction, once', async () => {
    const before = gateway.proxy.batches.length
    const reply = await fetch(`${key.base}/notes`, {
      method: 'POST',
      body: '{"title":"x"}',
      headers: { ...apikey(), 'content-type': 'application/json' },
    })
    expect([reply.status, await reply.text()]).toEqual([201, ''])
    expect(gateway.proxy.batches.length).toBe(before + 1)
    expect(gateway.proxy.batches.at(-1)?.readOnly).toBe(false)
  })

  test('asks for a rollback only where the database allows it', async () => {
    const playful = await gateway.addKey((config) => {
      config.data_api.tx_rollback_allowed = true
    })
    for (const [on, isAsked] of [
      [playful, true],
      [key, false],
    ] as [TestKey, boolean][]) {
      await fetch(`${on.base}/notes`, {
        method: 'POST',
        body: '{"title":"x"}',
        headers: { apikey: on.value, 'content-type': 'application/json', prefer: 'tx=rollback' },
      })
      expect(gateway.proxy.batches.at(-1)?.rollback).toBe(isAsked)
    }
  })

  test.each<[string, { status: number; body: object }, number, string]>([
    ['a constraint', { status: 400, body: { code: '23505', message: 'duplicate key' } }, 409, '23505'],
    [
      'a missing privilege',
      { status: 400, body: { code: '42501', message: 'permission denied' } },
      401,
      '42501',
    ],
    ['a full queue', { status: 429, body: { message: 'busy' } }, 429, 'DB9505'],
    ['a server that starts', { status: 400, body: { code: '57P03', message: 'starting up' } }, 503, 'DB9504'],
    ['a proxy without upstream', { status: 503, body: { message: 'x' } }, 503, 'DB9504'],
    ['a request too large', { status: 413, body: { message: 'x' } }, 413, 'DB9102'],
    ['a reply too large', { status: 507, body: { message: 'x' } }, 422, 'DB9108'],
    [
      'a login that fails',
      { status: 400, body: { code: '28P01', message: 'password db9sql1.x' } },
      503,
      'DB9504',
    ],
    [
      'a function that raises the code of a failed login',
      {
        status: 400,
        body: { code: '28P01', message: 'invalid user', where: 'PL/pgSQL function login() line 1 at RAISE' },
      },
      403,
      '28P01',
    ],
    ['nonsense', { status: 200, body: {} }, 500, 'DB9500'],
  ])('answers to %s', async (_, answer, status, code) => {
    gateway.proxy.replies.push(answer)
    const reply = await fetch(`${key.base}/notes`, { headers: apikey() })
    const text = await reply.text()
    expect([reply.status, JSON.parse(text).code]).toEqual([status, code])
    expect(text).not.toMatch(/db9sql1|postgresql:|127\.0\.0\.1/)
    if (status === 503 || status === 429) expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
  })

  test('reads the catalog again and tries once more when the schema changed', async () => {
    const stale = { status: 400, body: { code: 'DB001', message: '' } }
    const reads = gateway.proxy.catalogReads
    gateway.proxy.replies.push(stale)
    expect((await fetch(`${key.base}/notes`, { headers: apikey() })).status).toBe(200)
    expect(gateway.proxy.catalogReads).toBe(reads + 1)
    gateway.proxy.replies.push(stale, stale)
    const twice = await fetch(`${key.base}/notes`, { headers: apikey() })
    expect([twice.status, await twice.json()]).toEqual([503, expect.objectContaining({ code: 'DB9502' })])
  })

  test('sees a migration in the next request, and asks for the version alone where there was none', async () => {
    const { catalogReads, versionReads } = gateway.proxy
    const missing = () => fetch(`${key.base}/nothing`, { headers: apikey() })
    expect((await missing()).status).toBe(404)
    expect([gateway.proxy.catalogReads, gateway.proxy.versionReads]).toEqual([catalogReads, versionReads + 1])
    gateway.proxy.version = '8'
    expect((await missing()).status).toBe(404)
    expect([gateway.proxy.catalogReads, gateway.proxy.versionReads]).toEqual([
      catalogReads + 1,
      versionReads + 2,
    ])
  })

  test('refuses every request when the roles can reach more than they may', async () => {
    const open = await gateway.addKey()
    const roles = gateway.proxy.roles
    gateway.proxy.roles = [...roles, ['boss', false, true, false, false, false, 'anon']]
    const before = gateway.proxy.batches.length
    const reply = await fetch(`${open.base}/notes`, { headers: { apikey: open.value } })
    gateway.proxy.roles = roles
    expect([reply.status, await reply.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'DB9501', details: expect.stringContaining('boss') }),
    ])
    expect(gateway.proxy.batches.length).toBe(before)
  })
})

test('its log holds no key, token, credential or query', () => {
  const log = gateway.log()
  expect(log).toContain('"level":"error"')
  expect(log).not.toContain(key.value)
  expect(log).not.toMatch(/db9sql1\.|db9pk_|Bearer [A-Za-z0-9]/)
})
