/** The routes of the gateway in a real workerd. */
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { signRequest, verifyRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METRICS_TOKEN, startTestGateway, type TestGateway, type TestKey } from './testing/gateway.ts'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway()
  key = await gateway.addKey()
})
afterAll(() => gateway?.stop())

const apikey = () => ({ apikey: key.value })

/** A request as `fetch` would not send it. */
function rawRequest(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Iterable<string> },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url)
    const { method = 'GET', headers = {} } = options
    const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', reject)
    for (const chunk of options.body ?? []) request.write(chunk)
    request.end()
  })
}

describe('what an operator sees', () => {
  const metrics = (headers: Record<string, string>) => fetch(`${gateway.url}/internal/metrics`, { headers })

  test('requests are counted by outcome, for whoever has the token', async () => {
    await fetch(`${key.base}/notes`, { headers: apikey() })
    await fetch(`${key.base}/notes`, { headers: { apikey: 'db9pk_wrong' } })
    await fetch(`${gateway.url}/db/db_mistyped/rest/v1/notes`, { headers: apikey() })
    const reply = await rawRequest('/internal/metrics', {
      headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    })
    expect(reply.status).toBe(200)
    expect(reply.body).toMatch(/^db9_requests_total\{route="rest",method="GET",status="200",code=""\} [1-9]/m)
    expect(reply.body).toMatch(
      /^db9_requests_total\{route="rest",method="GET",status="401",code="DB9\d+"\} [1-9]/m,
    )
    expect(reply.body).toMatch(
      /^db9_requests_total\{route="rest",method="GET",status="404",code="DB9040"\} [1-9]/m,
    )
    expect(reply.body).not.toContain(key.databaseId)
  })

  test('nobody else has them', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer metrics-of-the-test' },
      { authorization: METRICS_TOKEN },
    ]) {
      const reply = await metrics(headers)
      expect([reply.status, (await reply.text()).includes('db9_requests')]).toEqual([401, false])
    }
  })

  test('a request that asks is told where its time went, and no other', async () => {
    const asked = await fetch(`${key.base}/notes`, { headers: { ...apikey(), 'x-server-timing': '1' } })
    expect(asked.headers.get('server-timing')).toMatch(
      /^auth;dur=\d+, parse;dur=\d+, sql;dur=\d+, total;dur=\d+$/,
    )
    const refused = await fetch(`${key.base}/notes`, { headers: { apikey: 'x', 'x-server-timing': '1' } })
    expect(refused.headers.get('server-timing')).toMatch(/^total;dur=\d+$/)
    expect((await fetch(`${key.base}/notes`, { headers: apikey() })).headers.has('server-timing')).toBe(false)
  })
})

describe('what the control API serves', () => {
  test.each(['/customer/me?x=%20a', '/openapi.json', '/docs', '/docs/swagger.css'])(
    '%s is handed on',
    async (path) => {
      const reply = await fetch(gateway.url + path)
      expect([reply.status, reply.headers.get('x-answered')]).toEqual([200, 'yes'])
      expect(gateway.control.forwarded.at(-1)).toMatchObject({ method: 'GET', path })
    },
  )

  test('learns the caller’s address under our signature, and nothing that the caller says is ours', async () => {
    await fetch(`${gateway.url}/customer/databases?limit=2`, {
      method: 'POST',
      body: '{"name":"a"}',
      headers: {
        'x-db9-client-address': '6.6.6.6',
        'x-db9-forwarded': 'forged',
        'x-db9-anything': 'x',
        'x-forwarded-for': '6.6.6.6',
        'cf-connecting-ip': '6.6.6.6',
        'x-request-id': 'mine',
        authorization: 'Bearer abc',
        'idempotency-key': 'k1',
      },
    })
    const { headers = {}, body } = gateway.control.forwarded.at(-1) ?? {}
    expect(body).toBe('{"name":"a"}')
    expect(headers).toMatchObject({
      'x-db9-client-address': '127.0.0.1',
      authorization: 'Bearer abc',
      'idempotency-key': 'k1',
    })
    expect(JSON.stringify(headers)).not.toMatch(/6\.6\.6\.6|forged|x-db9-anything|mine/)
    const secret = await hmacKey('test-internal-se'.repeat(2))
    const signed = { method: 'POST', path: '/customer/databases?limit=2', body: '127.0.0.1' }
    expect(await verifyRequest(signed, String(headers['x-db9-forwarded']), secret)).not.toBeNull()
  })

  test.each([
    ['a name that was pointed at this machine', { host: 'rebound.example:9009' }, 421],
    ['a page of another origin', { origin: 'https://example.com' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['what a browser calls cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s cannot even register an account', async (_, headers, status) => {
    const before = gateway.control.forwarded.length
    const reply = await rawRequest('/customer/anonymous-register', { method: 'POST', headers })
    expect(reply.status).toBe(status)
    expect(gateway.control.forwarded).toHaveLength(before)
  })

  test('is signed for in the spelling that arrives', async () => {
    for (const sent of [
      "/customer/me?name='a'&b=%27'",
      '/customer//a/./b',
      '/customer/x/../me',
      '/customer/me?',
    ]) {
      await rawRequest(sent, {})
      const { path = '', headers = {} } = gateway.control.forwarded.at(-1) ?? {}
      const secret = await hmacKey('test-internal-se'.repeat(2))
      const signed = { method: 'GET', path, body: '127.0.0.1' }
      expect([path, await verifyRequest(signed, String(headers['x-db9-forwarded']), secret)]).toEqual([
        path,
        expect.any(String),
      ])
    }
  })

  test('says nothing internal on the way back, and nothing to browsers of other origins', async () => {
    const reply = await fetch(`${gateway.url}/customer/me`, {
      headers: { origin: 'https://app.example.com' },
    })
    expect([...reply.headers.keys()].filter((name) => name.startsWith('x-db9-'))).toEqual([])
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
    expect(reply.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('takes no body beyond its size, whatever its length header says', async () => {
    const before = gateway.control.forwarded.length
    const declared = await rawRequest('/customer/databases', {
      method: 'POST',
      headers: { 'content-length': String(20 * 1024 * 1024), connection: 'close' },
    }).catch(() => ({ status: 413 }))
    expect(declared.status).toBe(413)
    const megabyte = 'x'.repeat(1024 * 1024)
    const streamed = await rawRequest('/customer/databases', {
      method: 'POST',
      body: Array.from({ length: 14 }, () => megabyte),
    })
    expect(streamed.status).toBe(413)
    expect(
      gateway.control.forwarded.slice(before).map(({ headers, body }) => [headers, body.length]),
    ).toEqual([])
  })
})

test.each([
  [
    'a long Connection header and thousands of others',
    { connection: 'a,'.repeat(30_000), count: 3_000, value: '1' },
  ],
  ['hundreds of headers', { connection: 'close', count: 250, value: '1' }],
  ['headers of 16 KB', { connection: 'close', count: 100, value: 'v'.repeat(160) }],
])('refuses %s with 431, and asks nobody', async (_, { connection, count, value }) => {
  const before = gateway.control.forwarded.length
  const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, value]))
  const { status } = await rawRequest('/customer/me', { headers: { connection, ...many } })
  expect(status).toBe(431)
  expect(gateway.control.forwarded.length).toBe(before)
})

test('an upload that ends in the middle is not handed on as a whole', async () => {
  const before = gateway.control.forwarded.length
  const { hostname, port } = new URL(gateway.url)
  const request = httpRequest({ hostname, port, path: '/customer/databases', method: 'POST' })
  request.on('error', () => {})
  request.write('{"name":"half"}')
  await new Promise((resolve) => setTimeout(resolve, 200))
  request.destroy()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(gateway.control.forwarded.slice(before)).toEqual([])
})

describe('everything else is 404', () => {
  test.each([
    '/',
    '/internal/keys/pk_1',
    '/internal/databases/db_1/connect',
    '/internal/healthz',
    '/internal/invalidate',
    '/sql',
    '/.env',
    '/customers',
    '/db',
    '/db/',
    '/db/nonsense/rest/v1/notes',
    '//customer/me',
    '/customer/../internal/healthz',
    '/customer/%2e%2e/internal/healthz',
    '/customer/.%2E/internal/keys/pk_1',
    '/docs/../internal/healthz',
  ])('%s', async (path) => {
    const before = gateway.control.forwarded.length
    const reply = await rawRequest(path, {})
    expect([reply.status, JSON.parse(reply.body)]).toEqual([
      404,
      expect.objectContaining({ message: expect.any(String) }),
    ])
    expect(gateway.control.forwarded.length).toBe(before)
  })

  test('functions are not there yet, and say so as the data plane does', async () => {
    const reply = await fetch(`${gateway.url}/db/${key.databaseId}/functions/v1/f`, { headers: apikey() })
    const said = { code: 'DB9040', hint: expect.stringContaining('/db/{database_id}/rest/v1/') }
    expect([reply.status, await reply.json()]).toEqual([404, expect.objectContaining(said)])
  })
})

describe('/internal/invalidate', () => {
  test('takes a signed notice once, and none from a browser', async () => {
    expect((await gateway.invalidate(key)).status).toBe(204)
    expect((await gateway.invalidate(key, { origin: 'https://a.example' })).status).toBe(403)
    expect((await gateway.invalidate(key, { 'x-db9-signature': 'forged' })).status).toBe(401)
    const body = JSON.stringify({ database_id: key.databaseId, key_ids: [] })
    const signature = await gateway.sign('POST', '/internal/invalidate', body)
    const notice = { method: 'POST', headers: { 'x-db9-signature': signature }, body }
    const send = () =>
      rawRequest('/internal/invalidate', { method: 'POST', headers: notice.headers, body: [body] })
    expect([(await send()).status, (await send()).status]).toEqual([204, 401])
  })

  test('refuses a signature of another secret', async () => {
    const body = JSON.stringify({ database_id: key.databaseId, key_ids: [] })
    const parts = { method: 'POST', path: '/internal/invalidate', body }
    const signature = await signRequest(parts, await hmacKey('o'.repeat(32)))
    const reply = await rawRequest(parts.path, {
      method: 'POST',
      headers: { 'x-db9-signature': signature },
      body: [body],
    })
    expect(reply.status).toBe(401)
  })
})

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

  test('ends a body at the cap of the database, while it comes in', async () => {
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

  test('takes bodies of 1 MiB by default', async () => {
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
    ['nonsense', { status: 200, body: {} }, 500, 'DB9500'],
  ])('tells of %s', async (_, answer, status, code) => {
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

  test('sees in the next request what a migration made, and asks for no more than the version where there was none', async () => {
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

  test('is closed when the roles can reach more than they may', async () => {
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

test('is built for the same runtime as it is deployed to', () => {
  const wrangler = readFileSync(new URL('../wrangler.jsonc', import.meta.url), 'utf8')
  const build = readFileSync(new URL('../build.ts', import.meta.url), 'utf8')
  expect(/"compatibility_date": "([\d-]+)"/.exec(wrangler)?.[1]).toBe(
    /COMPATIBILITY_DATE = '([\d-]+)'/.exec(build)?.[1],
  )
})
