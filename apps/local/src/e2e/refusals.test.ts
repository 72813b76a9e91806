import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider, type TokenOptions } from '../testing/identity.ts'
import {
  expectStatus,
  type Reply,
  type RestOptions,
  startTestStack,
  type TestStack,
} from '../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key, title text);
  alter table notes enable row level security;
  create policy readable on notes for select using (true);
  insert into notes values (1, 'Hello');

  create table unlisted (like notes including all);
  alter table unlisted enable row level security;
  create table without_rls (id int);
  create view definer_view as select * from notes;
  create view invoker_view with (security_invoker = true) as select * from notes;
  create materialized view frozen as select * from notes;
  create table parts (id int, title text) partition by range (id);
  alter table parts enable row level security;
  create table parts_low partition of parts for values from (0) to (10);
  alter table parts_low enable row level security;

  create function plain() returns int language sql stable as 'select 1';
  create function definer() returns setof notes language sql stable security definer as 'select * from notes';
  create extension pg_trgm schema public;
`

let stack: TestStack
let idp: TestIdentityProvider
let id: string
let key: string

beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
  id = (await stack.createDatabase('notes', SCHEMA)).id
  key = (await stack.createKey(id)).value
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(200, await stack.api('PUT', `/databases/${id}/auth-config`, { auth_mode: 'byo_jwt', byo_jwt }))
  // The first request reads the catalog; from here on, statements of callers are their own.
  expectStatus(200, await stack.rest(id, 'notes', { key, jwt: await idp.token('ada') }))
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})

/** Sends the request, expects that no statement reached Postgres for it, and returns the reply. */
async function refused(path: string, options: RestOptions): Promise<Reply> {
  const before = await stack.callerStatements(id)
  const reply = await stack.rest(id, path, options)
  expect(await stack.callerStatements(id)).toBe(before)
  return reply
}

describe('a publishable key', () => {
  test('that is missing is 401', async () => {
    const reply = await refused('notes', {})
    expect(reply.status).toBe(401)
    expect(reply.json).toMatchObject({ code: expect.stringMatching(/^DB9/), details: null })
  })

  test.each([
    ['malformed', () => 'db9pk_nonsense'],
    ['made up in the right shape', () => `db9pk_${'0'.repeat(68)}`],
    ['changed in one character', () => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')],
    ['a secret key’s form', () => key.replace('db9pk_', 'db9sk_')],
  ])('that is %s is 401', async (_, value) => {
    const reply = await refused('notes', { key: value() })
    expect(reply.status).toBe(401)
    expect(reply.text).not.toContain(value())
  })

  test('of another database is 401 and says so', async () => {
    const other = await stack.createDatabase('other')
    const reply = await refused('notes', { key: (await stack.createKey(other.id)).value })
    expect([reply.status, reply.json.code]).toEqual([401, 'DB9007'])
    expect(reply.text).not.toContain(other.id)
  })

  test('that was revoked is 401 within 1.2 s', async () => {
    const doomed = await stack.createKey(id)
    expectStatus(200, await stack.rest(id, 'notes', { key: doomed.value }))
    expectStatus(200, await stack.api('DELETE', `/databases/${id}/publishable-keys/${doomed.id}`))
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect((await refused('notes', { key: doomed.value })).status).toBe(401)
  })

  test('that has expired is 401', async () => {
    const doomed = await stack.createKey(id, { expires_in_days: 1 / 86_400 })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await refused('notes', { key: doomed.value })).status).toBe(401)
  })

  test('in the query string is not taken', async () => {
    const reply = await refused(`notes?apikey=${key}`, {})
    expect(reply.status).toBe(401)
  })

  test('beside another key is 400', async () => {
    const other = (await stack.createKey(id)).value
    expect((await refused('notes', { key, jwt: other })).status).toBe(400)
  })

  test('over its limit is 429 with Retry-After, never 503', async () => {
    const small = (await stack.createKey(id, { rate_limit: { rps: 1, burst: 2 } })).value
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => stack.rest(id, 'notes', { key: small })),
    )
    const passed = replies.filter(({ status }) => status === 200)
    const limited = replies.filter(({ status }) => status === 429)
    expect(passed.length + limited.length).toBe(12)
    expect(passed.length).toBeLessThanOrEqual(4)
    for (const { headers, json } of limited) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      expect(headers.get('ratelimit')).toBeTruthy()
      expect(json.code).toMatch(/^DB9/)
    }
    expect((await refused('notes', { key: small })).status).toBe(429)
  })
})

describe('an origin', () => {
  test('that is not on the key’s list gets 403 that a page can read, and no statement', async () => {
    const { value } = await stack.createKey(id, { allowed_origins: ['https://app.example.com'] })
    for (const origin of [
      'https://evil.example.com',
      'https://app.example.com.evil.org',
      'null',
      undefined,
    ]) {
      const reply = await refused('notes', { key: value, ...(origin === undefined ? {} : { origin }) })
      expect(reply.status, origin).toBe(403)
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin ?? null)
      expect(reply.headers.get('vary')).toMatch(/origin/i)
    }
    const allowed = await stack.rest(id, 'notes', { key: value, origin: 'https://app.example.com' })
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
  })

  test('reads errors of its own requests, since they carry CORS headers too', async () => {
    const origin = 'https://app.example.com'
    for (const options of [
      { origin, key: 'db9pk_no' },
      { origin, key, jwt: 'no' },
    ]) {
      const reply = await refused('notes', options)
      expect(reply.status).toBe(401)
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
    }
    const absent = await refused('absent', { origin, key })
    expect(absent.status).toBe(404)
    expect(absent.headers.get('access-control-allow-origin')).toBe(origin)
  })

  test('gets its preflight answered without a key, with a fixed list of headers', async () => {
    const reply = await refused('notes', {
      method: 'OPTIONS',
      origin: 'https://app.example.com',
      headers: {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'apikey,authorization,content-type,prefer,x-evil',
      },
    })
    expect(reply.status).toBe(204)
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(reply.headers.get('access-control-allow-headers')).toContain('apikey')
    expect(reply.headers.get('access-control-allow-headers')).not.toContain('x-evil')
    expect(reply.headers.get('access-control-max-age')).toBe('7200')
  })
})

describe('a JWT', () => {
  const forged: [string, TokenOptions][] = [
    ['expired', { expires: '-5m' }],
    ['of another issuer', { issuer: 'https://evil.example.com' }],
    ['for another audience', { audience: 'another-app' }],
    ['without an audience', { audience: null }],
    ['with an unknown kid', { header: { kid: 'key-2' } }],
  ]
  test.each(forged)('%s is 401, never an anonymous answer', async (_, options) => {
    const reply = await refused('notes', { key, jwt: await idp.token('ada', options) })
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(reply.json.code).toMatch(/^(PGRST|DB9)/)
  })

  test('with alg none is 401', async () => {
    const [, payload] = (await idp.token('ada')).split('.')
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'key-1' })).toString('base64url')
      for (const signature of ['', 'AAAA']) {
        expect((await refused('notes', { key, jwt: `${header}.${payload}.${signature}` })).status).toBe(401)
      }
    }
  })

  test('with HS256 over the public key is 401', async () => {
    for (const secret of [JSON.stringify(idp.publicJwk), String(idp.publicJwk.x)]) {
      const jwt = await idp.token('ada', { header: { alg: 'HS256' }, key: new TextEncoder().encode(secret) })
      expect((await refused('notes', { key, jwt })).status).toBe(401)
    }
  })

  test('that another key signed is 401, also where it brings that key along', async () => {
    const other = await startIdentityProvider()
    try {
      const jwt = await other.token('ada', { issuer: idp.issuer })
      expect((await refused('notes', { key, jwt })).status).toBe(401)
      expect(other.fetches()).toBe(0)
    } finally {
      await other.close()
    }
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
    const embedded = await new SignJWT({ sub: 'ada' })
      .setProtectedHeader({
        alg: 'ES256',
        kid: 'key-1',
        jwk: { kty: 'EC', crv: 'P-256', x: jwk.x ?? '', y: jwk.y ?? '' },
      })
      .setIssuer(idp.issuer)
      .setAudience(idp.audience)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(pair.privateKey)
    expect((await refused('notes', { key, jwt: embedded })).status).toBe(401)
  })

  test.each(['', 'x', 'a.b', 'a.b.c', 'a.b.c.d', `${'a'.repeat(9000)}.b.c`])(
    'that is no JWT (%#) is 401',
    async (jwt) => {
      expect((await refused('notes', { key, headers: { authorization: `Bearer ${jwt}` } })).status).toBe(401)
    },
  )

  test('whose role claim names another role still runs as authenticated', async () => {
    expectStatus(
      200,
      await stack.sql(
        id,
        "create or replace function whoami() returns text language sql stable as 'select current_user::text'",
      ),
    )
    for (const role of ['service_role', 'postgres', 'admin', 'anon']) {
      const jwt = await idp.token('ada', { claims: { role } })
      const reply = await stack.rest(id, 'rpc/whoami', { key, jwt })
      expect([reply.status, reply.json]).toEqual([200, 'authenticated'])
    }
  })
})

describe('a relation', () => {
  test('that is not on the key’s list answers as one that does not exist', async () => {
    const { value } = await stack.createKey(id, { exposed_tables: ['notes'] })
    expect((await stack.rest(id, 'notes', { key: value })).status).toBe(200)
    const unlisted = await refused('unlisted', { key: value })
    const absent = await refused('no_such_table', { key: value })
    expect(unlisted.status).toBe(404)
    expect(unlisted.text).toBe(absent.text.replaceAll('no_such_table', 'unlisted'))
    expect(absent.text).not.toContain('without_rls')
  })

  test.each(['without_rls', 'definer_view', 'frozen'])(
    '%s is 403 and says how to make it safe',
    async (name) => {
      const reply = await refused(name, { key })
      expect(reply.status).toBe(403)
      expect(reply.json.code).toMatch(/^DB9/)
      expect(`${reply.json.message} ${reply.json.details} ${reply.json.hint}`).toMatch(
        /row level security|security_invoker|materialized/i,
      )
    },
  )

  test('that is a view with security_invoker over safe tables is served', async () => {
    expect((await stack.rest(id, 'invoker_view', { key })).json).toEqual([{ id: 1, title: 'Hello' }])
  })

  test('that is a partition is not exposed by its own name, its parent is', async () => {
    expect((await refused('parts_low', { key })).status).toBe(404)
    expect((await stack.rest(id, 'parts', { key })).status).toBe(200)
  })

  test.each([
    'pg_authid',
    'pg_catalog.pg_user',
    'information_schema.tables',
    'notes"; drop table notes;--',
    'db9.ddl',
  ])('%s is 404', async (name) => {
    expect((await refused(encodeURIComponent(name), { key })).status).toBe(404)
  })

  test.each(['pg_catalog', 'auth', 'db9', 'extensions', 'information_schema'])(
    'of schema %s is out of reach',
    async (schema) => {
      const reply = await refused('pg_class', { key, headers: { 'accept-profile': schema } })
      expect([404, 406]).toContain(reply.status)
    },
  )

  test('with an unknown column is 400 before anything runs', async () => {
    for (const query of ['select=nope', 'nope=eq.1', 'order=nope']) {
      const reply = await refused(`notes?${query}`, { key })
      expect([reply.status, reply.json.code]).toEqual([400, '42703'])
    }
  })
})

describe('a function', () => {
  test('of the owner is served', async () => {
    expect((await stack.rest(id, 'rpc/plain', { key })).json).toBe(1)
  })

  test.each([
    ['an extension’s', 'rpc/show_limit'],
    ['a built-in', 'rpc/pg_sleep?seconds=1'],
    ['one of ours', 'rpc/raise'],
  ])('%s answers as one that does not exist', async (_, path) => {
    expect((await refused(path, { key })).status).toBe(404)
  })

  test('that is a definer answers 403 and says which field has to name it', async () => {
    const { status, json } = await refused('rpc/definer', { key })
    expect(status).toBe(403)
    expect(json).toMatchObject({ code: 'DB9208', hint: expect.stringContaining('exposed_functions') })
  })

  test.each(['definer', 'public.definer', '*'])(
    'that is a definer is served where the key names %s',
    async (name) => {
      const { value } = await stack.createKey(id, { exposed_functions: [name] })
      expect((await stack.rest(id, 'rpc/definer', { key: value })).status).toBe(200)
    },
  )

  test('is out of reach for a key with a list of tables that names no functions', async () => {
    const { value } = await stack.createKey(id, { exposed_tables: ['notes'] })
    expect((await refused('rpc/plain', { key: value })).status).toBe(404)
  })
})

describe('a hostile owner changes nothing for the worse', () => {
  const SETTINGS = [
    'search_path = evil, public',
    'default_transaction_read_only = on',
    'row_security = off',
    'role = admin',
    "session_preload_libraries = 'no_such_library'",
    'statement_timeout = 1',
    'bytea_output = escape',
    "DateStyle = 'SQL, DMY'",
  ]

  test('ALTER DATABASE and ALTER ROLE … SET', async () => {
    const { id: hostile } = await stack.createDatabase('hostile', `${SCHEMA} create schema evil;`)
    const { value } = await stack.createKey(hostile)
    const refusedByPostgres: string[] = []
    for (const setting of SETTINGS) {
      for (const target of [
        'database postgres',
        'role authenticator',
        'role anon',
        'role admin in database postgres',
      ]) {
        const reply = await stack.sql(hostile, `alter ${target} set ${setting}`)
        if (reply.status !== 200) refusedByPostgres.push(`${target} ${setting}`)
      }
    }
    // The settings that Postgres itself allowed have to leave the data plane and the wake untouched.
    expect(refusedByPostgres.length).toBeLessThan(SETTINGS.length * 4)
    const rows = await stack.rest(hostile, 'notes', { key: value })
    expect([rows.status, rows.json]).toEqual([200, [{ id: 1, title: 'Hello' }]])
    expect((await stack.rest(hostile, 'without_rls', { key: value })).status).toBe(403)
    expect(
      (await stack.sql(hostile, 'select rolsuper from pg_roles where rolname = current_user')).json?.rows ?? [
        [false],
      ],
    ).toEqual([[false]])
  })

  test('GRANT of another role to anon or authenticator closes the data plane and names the grant', async () => {
    const { id: hostile } = await stack.createDatabase('granting', SCHEMA)
    const { value } = await stack.createKey(hostile)
    expectStatus(200, await stack.rest(hostile, 'notes', { key: value }))
    expectStatus(200, await stack.sql(hostile, 'create role boss bypassrls; grant boss to anon'))
    expectStatus(200, await stack.sql(hostile, 'create table changed_the_catalog (id int)'))
    const reply = await stack.rest(hostile, 'notes', { key: value })
    expect(reply.status).toBe(503)
    expect(reply.text).toContain('boss')
    expectStatus(200, await stack.sql(hostile, 'revoke boss from anon; drop table changed_the_catalog'))
  })
})

describe('what enters at the door', () => {
  test('internal headers and routes are nobody’s', async () => {
    const headers = {
      'x-db9-client-address': '1.2.3.4',
      'x-db9-signature': 't=1,n=a,v1=b',
      'x-db9-role': 'admin',
    }
    expect((await stack.rest(id, 'notes', { key, headers })).status).toBe(200)
    for (const path of [
      '/internal/keys/x',
      '/internal/healthz',
      `/internal/databases/${id}/connect`,
      '/sql',
    ]) {
      const reply = await fetch(stack.url + path, { method: 'POST', headers })
      expect([401, 403, 404], path).toContain(reply.status)
    }
  })

  test('every reply of the data plane is inert in a browser', async () => {
    for (const reply of [await stack.rest(id, 'notes', { key }), await stack.rest(id, 'notes', {})]) {
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      expect(reply.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
      expect(reply.headers.get('vary')).toMatch(/origin/i)
    }
  })
})
