/** The cases K, O, R, H, C, P and W of docs/edge-cases.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSecrets } from '@db9/control-api/start'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EdgeStack, GENEROUS, startEdgeStack } from '../../testing/edge.ts'
import { sendRaw } from '../../testing/raw-http.ts'
import { call, expectStatus, type Reply } from '../../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key, title text);
  alter table notes enable row level security;
  create policy open on notes using (true) with check (true);
  insert into notes values (1, 'Hello'), (2, 'World');
  create function crossing() returns int language plpgsql stable as $$
  begin
    perform set_config('response.headers', '[{"Set-Cookie":"a=b"},{"Access-Control-Allow-Origin":"*"},' ||
      '{"Content-Security-Policy":"none"},{"X-Db9-Role":"admin"},{"X-Mine":"yes"}]', true);
    return 1;
  end $$;
  create function splitting() returns int language plpgsql stable as $$
  begin
    perform set_config('response.headers', '[{"X-Mine":"a\\r\\nSet-Cookie: a=b"}]', true);
    return 1;
  end $$;
  create function as_page() returns text language plpgsql stable as $$
  begin
    perform set_config('response.headers', '[{"Content-Type":"text/html"}]', true);
    return '<script>alert(1)</script>';
  end $$;
  create function pause() returns int language plpgsql volatile as 'begin perform pg_sleep(0.2); return 1; end';
  create function seen() returns json language sql stable as $$ select current_setting('request.headers')::json $$;
`
const APP = 'https://app.example.com'
const PREFLIGHT = { 'access-control-request-method': 'POST' }

let edge: EdgeStack
let id: string
let key: string
let listed: string
beforeAll(async () => {
  edge = await startEdgeStack(SCHEMA)
  id = edge.databaseId
  key = edge.key
  const allowed_origins = [APP, 'https://*.example.org', 'https://xn--bcher-kva.example']
  listed = (await edge.createKey(id, { ...GENEROUS, allowed_origins })).value
})
afterAll(() => edge?.dispose())

describe('K: a key', () => {
  test('K01 that is missing is 401', async () => {
    const reply = await edge.refused('notes')
    expect([reply.status, reply.json.code]).toEqual([401, 'DB9001'])
  })

  test('K08 of another database is 401, and says so to its holder alone', async () => {
    const other = await edge.createDatabase('other')
    const { value } = await edge.createKey(other.id)
    const foreign = await edge.refused('notes', { key: value })
    expect([foreign.status, foreign.json.code]).toEqual([401, 'DB9007'])
    expect(foreign.text).not.toContain(other.id)
    const altered = `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`
    for (const key of [altered, `db9pk_${'0'.repeat(68)}`]) {
      const unknown = await edge.refused('notes', { key })
      expect([unknown.status, unknown.json.code]).toEqual([401, 'DB9002'])
    }
  })
})

describe('O: an origin', () => {
  test.each([
    ['O01', APP],
    ['O06', 'https://a.b.example.org'],
    ['O10', 'https://xn--bcher-kva.example'],
  ])('%s %s on the list is served and named', async (_, origin) => {
    const reply = await edge.rest(id, 'notes', { key: listed, origin })
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([200, origin])
    expect(reply.headers.get('vary')).toMatch(/origin/i)
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull()
  })

  const REFUSED: [string, string, string, number][] = [
    ['O02', 'another site', 'https://evil.example', 403],
    ['O06', 'the apex of a pattern', 'https://example.org', 403],
    ['O06', 'a name that only ends alike', 'https://notexample.org', 403],
    ['O08', 'a sandboxed page', 'null', 403],
    ['O08', 'an empty one', '', 403],
    ['O08', 'two in one header', `${APP}, ${APP}`, 400],
    ['O08', 'one of 600 bytes', `https://${'a'.repeat(592)}`, 400],
    ['O10', 'an upper-case host', 'https://APP.example.com', 403],
    ['O10', 'a trailing dot', 'https://app.example.com.', 403],
    ['O10', 'the unicode spelling', 'https://b%C3%BCcher.example', 403],
    ['O10', 'a written default port', `${APP}:443`, 403],
    ['O10', 'a user', 'https://app.example.com@evil.example', 403],
  ]
  test.each(REFUSED)('%s %s is refused before SQL, and a page reads why', async (_, __, origin, status) => {
    const path = `/db/${id}/rest/v1/notes`
    const reply = await edge.withoutSql(() =>
      sendRaw(edge.url, {
        line: `GET ${path} HTTP/1.1`,
        headers: [
          ['Host', 'localhost'],
          ['apikey', listed],
          ['Origin', origin],
        ],
      }),
    )
    expect(reply.status).toBe(status)
    const named = /access-control-allow-origin: ([^\r\n]*)/i.exec(reply.head)?.[1]
    expect(named).toBe((status === 403 && origin) || undefined)
    expect(reply.head).toMatch(/vary: .*origin/i)
  })

  test('O08 in two headers is malformed', async () => {
    const reply = await edge.withoutSql(() =>
      sendRaw(edge.url, {
        line: `GET /db/${id}/rest/v1/notes HTTP/1.1`,
        headers: [
          ['Host', 'localhost'],
          ['apikey', listed],
          ['Origin', APP],
          ['Origin', 'https://evil.example'],
        ],
      }),
    )
    expect(reply.status).toBe(400)
  })

  test('O04 that no key of the database allows gets its preflight, and 403 for the request', async () => {
    const lone = await edge.createDatabase('lone', 'create table notes (id int)')
    const { value } = await edge.createKey(lone.id, { allowed_origins: [APP] })
    const origin = 'https://evil.example'
    const preflight = await edge.rest(lone.id, 'notes', { method: 'OPTIONS', origin, headers: PREFLIGHT })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin])
    const reply = await edge.rest(lone.id, 'notes', { key: value, origin })
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([403, origin])
    expect(reply.json.message).toContain(origin)
  })

  test.each([['*'], ['https://*'], ['https://*.com'], ['https://*.vercel.app'], ['http://app.example.com']])(
    'O11 %s is refused when the key is made',
    async (pattern) => {
      const reply = await edge.api('POST', `/databases/${id}/publishable-keys`, {
        allowed_origins: [pattern],
      })
      expect(reply.status).toBe(422)
    },
  )

  test('O12 asking for 60 KiB of headers gets the fixed list, and at once', async () => {
    const asked = `x-a${' ,'.repeat(30_000)}`
    const reply = await edge.withoutSql(() =>
      edge.rest(id, 'notes', {
        method: 'OPTIONS',
        origin: APP,
        headers: { ...PREFLIGHT, 'access-control-request-headers': asked },
      }),
    )
    expect(reply.status).toBe(204)
    expect(reply.headers.get('access-control-allow-headers')).not.toContain('x-a')
  })

  test('O13 reads every error of its own requests', async () => {
    const limited = (await edge.createKey(id, { allowed_origins: [APP], rate_limit: { rps: 1, burst: 1 } }))
      .value
    const asking = { origin: APP, key: listed }
    const replies: [number, Reply][] = [
      [401, await edge.rest(id, 'notes', { origin: APP })],
      [401, await edge.rest(id, 'notes', { ...asking, jwt: 'x' })],
      [404, await edge.rest(id, 'absent', asking)],
      [400, await edge.rest(id, 'notes?nope=eq.1', asking)],
      [405, await edge.rest(id, 'notes', { ...asking, method: 'PROPFIND' })],
    ]
    for (let i = 0; i < 4; i++) await edge.rest(id, 'notes', { origin: APP, key: limited })
    replies.push([429, await edge.rest(id, 'notes', { origin: APP, key: limited })])
    for (const [status, reply] of replies) {
      expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([status, APP])
      expect(reply.headers.get('vary')).toMatch(/origin/i)
    }
  })
})

describe('R: a limit', () => {
  const passed = (replies: { status: number }[]) => replies.filter(({ status }) => status < 400).length

  test('R10 counts HEAD and callers that went away as it counts everything', async () => {
    // Of its own, since the statements of callers that went away end whenever they end.
    const { id: left } = await edge.createDatabase('left', SCHEMA)
    const { value } = await edge.createKey(left, { rate_limit: { rps: 1, burst: 8 } })
    for (let i = 0; i < 4; i++)
      expect((await edge.rest(left, 'notes', { key: value, method: 'HEAD' })).status).toBe(200)
    const leaving = Array.from({ length: 4 }, async () => {
      const abort = new AbortController()
      const sent = fetch(`${edge.url}/db/${left}/rest/v1/rpc/pause`, {
        method: 'POST',
        headers: { apikey: value },
        signal: abort.signal,
      })
      setTimeout(() => abort.abort(), 100)
      await sent.catch(() => undefined)
    })
    await Promise.all(leaving)
    const rest = await Promise.all(Array.from({ length: 8 }, () => edge.rest(left, 'notes', { key: value })))
    expect(passed(rest)).toBeLessThanOrEqual(3)
  })

  test('R11 may cost a write or a call more, and one write of a hundred rows costs one', async () => {
    const costly = { rate_limit: { rps: 1, burst: 10, costs: { write: 5, rpc: 1 } } }
    const { value } = await edge.createKey(id, costly)
    const rows = Array.from({ length: 100 }, (_, index) => ({ id: 1000 + index }))
    const write = (body: unknown) => edge.rest(id, 'notes', { key: value, method: 'POST', body })
    const statuses = [await write(rows), await write({ id: 2000 }), await write({ id: 2001 })].map(
      ({ status }) => status,
    )
    expect(statuses).toEqual([201, 201, 429])
    expectStatus(200, await edge.sql(id, 'delete from notes where id >= 1000'))
  })

  test('R09 of a flood of preflights touches no statement, and the key’s bucket is as full after it', async () => {
    const { value } = await edge.createKey(id, { rate_limit: { rps: 1, burst: 20 } })
    await edge.withoutSql(() =>
      Promise.all(
        Array.from({ length: 200 }, () =>
          edge.rest(id, 'notes', {
            method: 'OPTIONS',
            origin: APP,
            headers: { ...PREFLIGHT, apikey: value },
          }),
        ),
      ),
    )
    for (let i = 0; i < 15; i++) expect((await edge.rest(id, 'notes', { key: value })).status).toBe(200)
  })

  test('R09 of a flood of preflights of made-up ids leaves no file', async () => {
    const files = () => readdirSync(join(edge.home, 'run', 'objects'), { recursive: true }).sort()
    const before = files()
    const preflight = (database: string) =>
      edge.rest(database, 'notes', { method: 'OPTIONS', origin: APP, headers: PREFLIGHT })
    await Promise.all(Array.from({ length: 100 }, () => preflight(newId('database'))))
    expect(files()).toEqual(before)
  })
})

describe('H: the protocol', () => {
  const raw = (line: string, headers: [string, string][], body?: string) =>
    sendRaw(edge.url, { line, headers, ...(body === undefined ? {} : { body }) })
  const path = () => `/db/${id}/rest/v1/notes`

  test('H01 headers that would redirect a request are not obeyed', async () => {
    const reply = await edge.withoutSql(() =>
      edge.rest(id, 'absent', {
        key,
        headers: {
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'https',
          forwarded: 'host=evil.example',
          'x-original-url': path(),
          'x-rewrite-url': path(),
          'x-http-method-override': 'DELETE',
        },
      }),
    )
    expect(reply.status).toBe(404)
    const overridden = await edge.rest(id, 'notes', { key, headers: { 'x-http-method-override': 'DELETE' } })
    expect(overridden.json).toHaveLength(2)
  })

  test.each([
    [
      'another host’s name',
      (value: string) =>
        raw(`GET ${path()} HTTP/1.1`, [
          ['Host', 'evil.example'],
          ['apikey', value],
        ]),
      200,
    ],
    ['no host', (value: string) => raw(`GET ${path()} HTTP/1.1`, [['apikey', value]]), 200],
    [
      'an absolute URI',
      (value: string) =>
        raw(`GET http://evil.example${path()} HTTP/1.1`, [
          ['Host', 'localhost'],
          ['apikey', value],
        ]),
      200,
    ],
  ])(
    'H02 %s decides nothing about the database: the key is of one, and the path names it',
    async (_, send, status) => {
      const foreign = (
        await edge.createKey((await edge.createDatabase(`h02-${newId('database').slice(-8)}`)).id)
      ).value
      // A reply of 400 or 404 by the runtime is a refusal too; what may not be is a foreign key that is served.
      expect([status, 400, 404]).toContain((await send(key)).status)
      expect([400, 401, 404]).toContain((await edge.withoutSql(() => send(foreign))).status)
    },
  )

  test('H03 internal headers end at the door', async () => {
    const headers = {
      'x-db9-role': 'admin',
      'x-db9-claims': '{"sub":"eve"}',
      'x-db9-client-address': '6.6.6.6',
      'cf-connecting-ip': '6.6.6.6',
      'x-mine': 'kept',
    }
    const { json } = expectStatus(200, await edge.rest(id, 'rpc/seen', { key, headers }))
    expect(json['x-mine']).toBe('kept')
    expect(JSON.stringify(json)).not.toMatch(/6\.6\.6\.6|x-db9-|cf-/)
  })

  test('H04 headers of SQL pass a list, and none splits a reply', async () => {
    const reply = await edge.rest(id, 'rpc/crossing', { key })
    expect(reply.headers.get('set-cookie')).toBeNull()
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
    expect(reply.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
    expect(reply.headers.get('x-db9-role')).toBeNull()
    expect(reply.headers.get('x-mine')).toBe('yes')
    const split = await edge.rest(id, 'rpc/splitting', { key })
    expect(split.headers.get('set-cookie')).toBeNull()
    const page = await edge.rest(id, 'rpc/as_page', { key })
    expect(page.headers.get('content-type') ?? '').not.toMatch(/html/)
  })

  test.each([
    (base: string) => `//db/${base}/rest/v1/notes`,
    (base: string) => `/db/${base}//rest/v1/notes`,
    (base: string) => `/db/${base}/rest/v1//notes`,
    (base: string) => `/db/${base}/rest/v1/%2e%2e/notes`,
    (base: string) => `/db/${base}/rest%2fv1/notes`,
    (base: string) => `/DB/${base}/rest/v1/notes`,
    (base: string) => `/db/${base}/REST/v1/notes`,
    (base: string) => `/db/${base}/rest/v1/notes/`,
    (base: string) => `/db/${base}/rest/v1/notes.`,
    (base: string) => `/db/${base.toUpperCase()}/rest/v1/notes`,
    (base: string) => `/db/${base}/rest/v1/../../../customer/me`,
  ])('H05 another spelling of the path (%#) is no second door', async (spell) => {
    const reply = await edge.withoutSql(() =>
      raw(`GET ${spell(id)} HTTP/1.1`, [
        ['Host', 'localhost'],
        ['apikey', key],
      ]),
    )
    expect([400, 401, 404]).toContain(reply.status)
  })

  test.each(['TRACE', 'PROPFIND', 'PURGE', 'get'])(
    'H06 %s is no method of the data plane',
    async (method) => {
      const reply = await edge.withoutSql(() =>
        raw(`${method} ${path()} HTTP/1.1`, [
          ['Host', 'localhost'],
          ['apikey', key],
        ]),
      )
      expect([0, 400, 404, 405, 501]).toContain(reply.status)
    },
  )

  test('H06 CONNECT opens nothing: the runtime ends it before any of our code', async () => {
    const reply = await edge.withoutSql(() =>
      raw('CONNECT evil.example:443 HTTP/1.1', [['Host', 'localhost']]),
    )
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.body).not.toMatch(/DB9|message/)
  })

  test('H06 a body of a GET changes nothing about it', async () => {
    const reply = await raw(
      `GET ${path()}?select=id HTTP/1.1`,
      [
        ['Host', 'localhost'],
        ['apikey', key],
        ['Content-Type', 'application/json'],
        ['Content-Length', '10'],
      ],
      '{"id":777}',
    )
    expect([200, 400]).toContain(reply.status)
    expect(reply.body).not.toContain('777')
  })

  test('H06 two lengths, or a length beside chunks, smuggle no second request', async () => {
    const smuggled = `GET /db/${id}/rest/v1/absent HTTP/1.1\r\nHost: localhost\r\n\r\n`
    for (const framing of [
      [
        ['Content-Length', '2'],
        ['Content-Length', '200'],
      ],
      [
        ['Content-Length', '2'],
        ['Transfer-Encoding', 'chunked'],
      ],
    ] as [string, string][][]) {
      const reply = await raw(
        `POST ${path()} HTTP/1.1`,
        [['Host', 'localhost'], ['apikey', key], ...framing],
        `{}${smuggled}`,
      )
      expect([0, 400, 415, 501]).toContain(reply.status)
      expect(reply.body).not.toContain('HTTP/1.1 404')
    }
    expect((await edge.rest(id, 'notes', { key })).json).toHaveLength(2)
  })
})

describe('C: the REST API', () => {
  test('C02 a key of another database is not to be revoked under one’s own', async () => {
    const mine = await edge.createDatabase('c02')
    const { id: keyId, value } = await edge.createKey(id)
    const reply = await edge.api('DELETE', `/databases/${mine.id}/publishable-keys/${keyId}`)
    expect(reply.status).toBe(404)
    expect((await edge.rest(id, 'notes', { key: value })).status).toBe(200)
  })

  test('C03 C05 another account lists nothing of ours, and shares no idempotency key with us', async () => {
    const stranger = expectStatus(
      201,
      await call(`${edge.url}/customer/anonymous-register`, { method: 'POST', headers: {}, body: undefined }),
    ).json
    const theirs = { authorization: `Bearer ${stranger.token}`, 'idempotency-key': 'shared-1' }
    const foreign = await edge.api('GET', '/databases', undefined, theirs)
    expect(foreign.text).not.toContain(id)
    const once = await edge.api('POST', '/databases', { name: 'c05' }, { 'idempotency-key': 'shared-1' })
    const other = await edge.api('POST', '/databases', { name: 'c05' }, theirs)
    expect([once.status, other.status]).toEqual([201, 201])
    expect(other.json.id).not.toBe(once.json.id)
    const changed = await edge.api('POST', '/databases', { name: 'c05-b' }, { 'idempotency-key': 'shared-1' })
    expect(changed.status).toBe(422)
  })

  test.each([
    [
      'a database',
      () => '/databases',
      { name: 'c04', owner_id: 'cus_x', customer_id: 'cus_x', state: 'ACTIVE', created_at: '2000-01-01' },
    ],
    [
      'a key',
      () => `/databases/${id}/publishable-keys`,
      { name: 'c04', sha256: '00', id: 'pk_x', database_id: 'db_x' },
    ],
    ['a token', () => '/tokens', { name: 'c04', customer_id: 'cus_x', token: '0'.repeat(128) }],
  ])('C04 fields that are not the caller’s to set make no %s', async (_, path, body) => {
    const reply = await edge.api('POST', path(), body)
    expect([400, 422]).toContain(reply.status)
  })

  test('C08 making, revoking and deleting at once leaves no key that works', async () => {
    const { id: doomed } = await edge.createDatabase(
      'c08',
      'create table notes (id int); alter table notes enable row level security',
    )
    const made = await Promise.all(Array.from({ length: 10 }, () => edge.createKey(doomed)))
    const [first] = made
    expect((await edge.rest(doomed, 'notes', { key: first?.value ?? '' })).status).toBe(200)
    const replies = await Promise.all([
      ...made.map((one) => edge.api('DELETE', `/databases/${doomed}/publishable-keys/${one.id}`)),
      ...made.map(() => edge.api('POST', `/databases/${doomed}/publishable-keys`, {})),
      edge.api('DELETE', `/databases/${doomed}`),
    ])
    expect(replies.filter(({ status }) => status >= 500)).toEqual([])
    const late = replies.flatMap(({ json }) =>
      json?.publishable_key ? [json.publishable_key as string] : [],
    )
    await expect
      .poll(
        async () => {
          const keys = [...made.map(({ value }) => value), ...late]
          const sent = await Promise.all(keys.map((value) => edge.rest(doomed, 'notes', { key: value })))
          return sent.filter(({ status }) => status === 200).length
        },
        { timeout: 5_000 },
      )
      .toBe(0)
  })
})

describe('P: secrets', () => {
  test('P02 a key is shown once, and is in no later answer', async () => {
    const { id: keyId, value } = await edge.createKey(id)
    const list = await edge.api('GET', `/databases/${id}/publishable-keys`)
    expect(list.text).toContain(keyId)
    expect(list.text).not.toContain(value)
  })

  test.each([
    '/.env',
    '/.git/config',
    '/gateway.js.map',
    '/gateway.js',
    '/debug',
    '/metrics',
    '/internal/metrics',
    '/docs/../.env',
    '/docs/%2e%2e/package.json',
  ])('P04 %s is not there', async (path) => {
    const reply = await sendRaw(edge.url, { line: `GET ${path} HTTP/1.1`, headers: [['Host', 'localhost']] })
    expect([401, 403, 404]).toContain(reply.status)
  })

  test('P01 no log holds a key, a token, a secret or a connection string', async () => {
    const jwt = await edge.idp.token('canary-subject')
    await edge.rest(id, 'notes', { key, jwt })
    await edge.rest(id, 'notes', { key, jwt: `${jwt}x` })
    await edge.rest(id, `notes?apikey=${key}`)
    await edge.rest(id, 'rpc/absent', { key, method: 'POST', body: { canary: 'canary-value' } })
    await edge.api('GET', `/databases/${id}/credentials`)
    const credentials = (await edge.api('GET', `/databases/${id}/credentials`)).json
    const secrets = Object.values(loadSecrets(edge.home))
    const canaries = [key, jwt, edge.ownerToken, credentials.admin_password, 'canary-value', ...secrets]
    const logs = readdirSync(join(edge.home, 'logs')).map((name) =>
      readFileSync(join(edge.home, 'logs', name), 'utf8'),
    )
    expect(logs.join('').length).toBeGreaterThan(100)
    for (const canary of canaries.filter((text) => typeof text === 'string' && text.length > 8)) {
      expect(
        logs.some((log) => log.includes(canary)),
        canary.slice(0, 8),
      ).toBe(false)
    }
  })
})

test('W01 a WebSocket handshake is answered as the request that it is: there is none to open', async () => {
  const reply = await sendRaw(edge.url, {
    line: `GET /db/${id}/rest/v1/notes HTTP/1.1`,
    headers: [
      ['Host', 'localhost'],
      ['apikey', listed],
      ['Origin', 'https://evil.example'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ],
  })
  expect(reply.status).toBe(403)
})
