/** The routes beside the data plane, in a real workerd: metrics, the forwarded REST API, invalidations, and 404. */
import { request as httpRequest } from 'node:http'
import { signRequest, verifyRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METRICS_TOKEN, startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'
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

describe('the metrics and times', () => {
  const metrics = (headers: Record<string, string>) => fetch(`${gateway.url}/internal/metrics`, { headers })

  test('requests are counted by outcome, and shown to the holder of the token', async () => {
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

  test('metrics are refused without the token', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer metrics-of-the-test' },
      { authorization: METRICS_TOKEN },
    ]) {
      const reply = await metrics(headers)
      expect([reply.status, (await reply.text()).includes('db9_requests')]).toEqual([401, false])
    }
  })

  test('only a request that asks for it gets Server-Timing', async () => {
    const asked = await fetch(`${key.base}/notes`, { headers: { ...apikey(), 'x-server-timing': '1' } })
    expect(asked.headers.get('server-timing')).toMatch(
      /^auth;dur=\d+, parse;dur=\d+, sql;dur=\d+, total;dur=\d+$/,
    )
    const refused = await fetch(`${key.base}/notes`, { headers: { apikey: 'x', 'x-server-timing': '1' } })
    expect(refused.headers.get('server-timing')).toMatch(/^total;dur=\d+$/)
    expect((await fetch(`${key.base}/notes`, { headers: apikey() })).headers.has('server-timing')).toBe(false)
  })
})

describe('a forwarded request', () => {
  test.each(['/', '/customer/me?x=%20a', '/openapi.json', '/docs', '/docs/page.css'])(
    '%s is handed on',
    async (path) => {
      const reply = await fetch(gateway.url + path)
      expect([reply.status, reply.headers.get('x-answered')]).toEqual([200, 'yes'])
      expect(gateway.control.forwarded.at(-1)).toMatchObject({ method: 'GET', path })
    },
  )

  test('carries the client’s address under our signature, and no internal header of the client', async () => {
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
  ])('%s cannot register an account', async (_, headers, status) => {
    const before = gateway.control.forwarded.length
    const reply = await rawRequest('/customer/anonymous-register', { method: 'POST', headers })
    expect(reply.status).toBe(status)
    expect(gateway.control.forwarded).toHaveLength(before)
  })

  test('is signed with the path that arrives', async () => {
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

  test.each([
    ['an unknown address', '/nothing', {}, 404, 'not_found'],
    ['a foreign host name', '/customer/me', { host: 'rebound.example:9009' }, 421, 'misdirected'],
    ['a page of another origin', '/customer/me', { origin: 'https://example.com' }, 403, 'forbidden'],
  ])('refuses %s with a code', async (_, path, headers, status, code) => {
    const reply = await rawRequest(path, { headers })
    expect([reply.status, JSON.parse(reply.body).code]).toEqual([status, code])
  })

  test('gets a reply without internal headers, which no browser of another origin may read', async () => {
    const reply = await fetch(`${gateway.url}/customer/me`, {
      headers: { origin: 'https://app.example.com' },
    })
    expect([...reply.headers.keys()].filter((name) => name.startsWith('x-db9-'))).toEqual([])
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
    expect(reply.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('has a body of limited size, whatever its length header says', async () => {
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
])('refuses %s with 431, and forwards nothing', async (_, { connection, count, value }) => {
  const before = gateway.control.forwarded.length
  const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, value]))
  const { status } = await rawRequest('/customer/me', { headers: { connection, ...many } })
  expect(status).toBe(431)
  expect(gateway.control.forwarded.length).toBe(before)
})

test('an upload that ends early is not forwarded as a whole one', async () => {
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

  test('the path of functions answers 404 in the form of the data plane', async () => {
    const reply = await fetch(`${gateway.url}/db/${key.databaseId}/functions/v1/f`, { headers: apikey() })
    const said = { code: 'DB9040', hint: expect.stringContaining('/db/{database_id}/rest/v1/') }
    expect([reply.status, await reply.json()]).toEqual([404, expect.objectContaining(said)])
  })
})

describe('the last refused requests of a database', () => {
  let own: TestKey
  beforeAll(async () => {
    own = await gateway.addKey()
  })
  const path = () => `/internal/databases/${own.databaseId}/refused`
  const ask = async (headers: Record<string, string> = {}) => {
    const signature = await gateway.sign('POST', path(), '{}')
    return fetch(gateway.url + path(), {
      method: 'POST',
      headers: { 'x-db9-signature': signature, ...headers },
      body: '{}',
    })
  }
  const refused = async () => (await (await ask()).json()) as Record<string, unknown>[]

  test('are shown to the control API, without values, the newest first', async () => {
    const restricted = await gateway.addKey((config) => {
      config.key.allowed_origins = ['https://app.example']
    })
    const on = `/internal/databases/${restricted.databaseId}/refused`
    const headers = { apikey: restricted.value, origin: 'https://evil.example' }
    await fetch(`${restricted.base}/notes?secret=eq.value`, { headers })
    await fetch(`${restricted.base}/rpc/some_function`, { method: 'POST', headers })
    await fetch(`${restricted.base}/users/alice@example.com`, { headers })
    const list = async () => {
      const signature = await gateway.sign('POST', on, '{}')
      const init = { method: 'POST', headers: { 'x-db9-signature': signature }, body: '{}' }
      return (await (await fetch(gateway.url + on, init)).json()) as Record<string, unknown>[]
    }
    await expect.poll(list, { timeout: 10_000 }).toHaveLength(3)
    const shared = {
      at: expect.any(Number),
      request_id: expect.any(String),
      key_id: restricted.config.key.id,
      origin: 'https://evil.example',
      status: 403,
      code: 'DB9013',
    }
    expect(await list()).toEqual(
      [
        { method: 'GET', route: '/rest/v1/…' },
        { method: 'POST', route: '/rest/v1/rpc/some_function' },
        { method: 'GET', route: '/rest/v1/notes' },
      ].map((each) => ({ ...shared, ...each })),
    )
    expect(JSON.stringify(await list())).not.toContain('value')
  })

  test('hold none of a made-up key, of a key of another database, or of what was served', async () => {
    const other = await gateway.addKey()
    await fetch(`${own.base}/notes`, { headers: { apikey: `${own.value.slice(0, -4)}0000` } })
    await fetch(`${own.base}/notes`, { headers: { apikey: other.value } })
    await fetch(`${own.base}/notes`, { headers: { apikey: own.value } })
    await fetch(`${own.base}/notes`, { headers: { apikey: own.value, authorization: 'Bearer a.b.c' } })
    await expect.poll(refused, { timeout: 10_000 }).toMatchObject([{ status: 401, route: '/rest/v1/notes' }])
  })

  test('are at most 100', async () => {
    const headers = { apikey: own.value, authorization: 'Bearer a.b.c' }
    for (let round = 0; round < 7; round++) {
      await Promise.all(Array.from({ length: 25 }, () => fetch(`${own.base}/notes`, { headers })))
      const before = (await refused()).length
      if (before < 100)
        await expect.poll(async () => (await refused()).length, { timeout: 10_000 }).toBeGreaterThan(before)
    }
    expect((await refused()).length).toBe(100)
  })

  test('are refused without a signature, with one of another path, and to a browser', async () => {
    expect((await ask({ 'x-db9-signature': 'forged' })).status).toBe(401)
    const elsewhere = await gateway.sign('POST', '/internal/invalidate', '{}')
    expect((await ask({ 'x-db9-signature': elsewhere })).status).toBe(401)
    expect((await ask({ origin: 'https://a.example' })).status).toBe(403)
    const unknown = '/internal/databases/nothing/refused'
    const signature = await gateway.sign('POST', unknown, '{}')
    const init = { method: 'POST', headers: { 'x-db9-signature': signature }, body: '{}' }
    expect((await fetch(gateway.url + unknown, init)).status).toBe(404)
  })
})

describe('/internal/invalidate', () => {
  test('accepts a signed invalidation once, and none from a browser', async () => {
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
