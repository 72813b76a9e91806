import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { NeonDbError, type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postSql } from '../testing/http.ts'
import { DATABASE_NAME, inSeconds, PASSWORD, type Stack, startStack } from '../testing/stack.ts'

const MIB = 1024 * 1024
const RAW = { 'neon-raw-text-output': 'true', 'neon-array-mode': 'true' }

let stack: Stack
let sql: NeonQueryFunction<false, false>
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${stack.httpPort}/sql`
  neonConfig.disableWarningInBrowsers = true
  sql = neon(stack.connectionString())
  admin = await stack.direct()
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

/** As `admin`, or as whom the options name. */
async function post(
  body: unknown,
  headers: Record<string, string> = {},
  login: { role?: string; password?: string; id?: string } = {},
) {
  return postSql({ port: stack.httpPort, connectionString: stack.connectionString(login), body, headers })
}

/** As the gateway does. */
async function postAsGateway(body: unknown, headers: Record<string, string> = {}) {
  return post(body, headers, { role: 'authenticator', password: await stack.credential() })
}

describe('the Neon driver', () => {
  test('queries with values and gets the types that it gets elsewhere', async () => {
    const rows = await sql`select ${1}::int as int, ${'ä'}::text as text, ${[1, 2]}::int[] as list,
      ${{ k: [1] }}::jsonb as json, ${null}::text as nothing, ${true}::bool as bool,
      ${'9007199254740993'}::int8 as big, '2026-01-02 03:04:05+00'::timestamptz as time`
    expect(rows).toEqual([
      {
        int: 1,
        text: 'ä',
        list: [1, 2],
        json: { k: [1] },
        nothing: null,
        bool: true,
        big: '9007199254740993',
        time: new Date('2026-01-02T03:04:05Z'),
      },
    ])
  })

  test('gets fields, command and count', async () => {
    const full = neon(stack.connectionString(), { fullResults: true, arrayMode: true })
    expect(await full`select 1 as a, 'x'::varchar(3) as a`).toMatchObject({
      command: 'SELECT',
      rowCount: 1,
      rowAsArray: true,
      rows: [[1, 'x']],
      fields: [
        {
          name: 'a',
          dataTypeID: 23,
          dataTypeSize: 4,
          dataTypeModifier: -1,
          tableID: 0,
          columnID: 0,
          format: 'text',
        },
        { name: 'a', dataTypeID: 1043, dataTypeSize: -1, dataTypeModifier: 7, format: 'text' },
      ],
    })
    expect(await full`create table counted (n int)`).toMatchObject({ command: 'CREATE', rowCount: null })
    expect(await full`insert into counted values (1), (2)`).toMatchObject({ command: 'INSERT', rowCount: 2 })
    expect(await full`select from counted`).toMatchObject({ rows: [[], []], rowCount: 2 })
    expect(await full``).toMatchObject({ rows: [], rowCount: null })
  })

  test('runs a transaction with its options', async () => {
    const settings = () => [
      sql`select current_setting('transaction_isolation') as isolation`,
      sql`select current_setting('transaction_read_only') as read_only,
                 current_setting('transaction_deferrable') as deferrable`,
    ]
    const options = { isolationLevel: 'Serializable', readOnly: true, deferrable: true } as const
    expect(await sql.transaction(settings(), options)).toEqual([
      [{ isolation: 'serializable' }],
      [{ read_only: 'on', deferrable: 'on' }],
    ])
    expect(await sql.transaction(settings())).toEqual([
      [{ isolation: 'read committed' }],
      [{ read_only: 'off', deferrable: 'off' }],
    ])
  })

  test('gets one error for a transaction of which one statement failed, and nothing of it happened', async () => {
    await sql`create table whole (n int primary key)`
    const failed = sql.transaction([
      sql`insert into whole values (1)`,
      sql`insert into whole values (1)`,
      sql`insert into whole values (2)`,
    ])
    await expect(failed).rejects.toMatchObject({
      code: '23505',
      constraint: 'whole_pkey',
      table: 'whole',
      schema: 'public',
      detail: 'Key (n)=(1) already exists.',
    })
    expect(await sql`select * from whole`).toEqual([])
  })

  test('gets an error that comes at the commit alone', async () => {
    await sql`create table late (n int primary key, ref int references late deferrable initially deferred)`
    await expect(sql.transaction([sql`insert into late values (1, 7)`])).rejects.toMatchObject({
      code: '23503',
    })
    await expect(sql`insert into late values (1, 7)`).rejects.toMatchObject({ code: '23503' })
    expect(await sql`select * from late`).toEqual([])
  })

  test('gets Postgres’ error with all of its fields', async () => {
    const error = await sql`select nope from pg_class`.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NeonDbError)
    expect(error).toMatchObject({
      message: 'column "nope" does not exist',
      code: '42703',
      severity: 'ERROR',
      position: '8',
      routine: 'errorMissingColumn',
    })
  })

  test('gets an error of a login that failed, which does not hold the password', async () => {
    for (const [role, password] of [
      ['admin', 'wrong'],
      ['nobody', PASSWORD],
      ['authenticator', PASSWORD],
      ['db9_super', PASSWORD],
    ] as const) {
      const error = await neon(stack.connectionString({ role, password }))`select 1`.catch((caught) => caught)
      expect(error).toMatchObject({
        code: '28P01',
        message: `password authentication failed for user "${stack.id}.${role}"`,
      })
      expect(JSON.stringify(error)).not.toContain(password)
    }
  })
})

const QUERIES = [
  `select 1 as one, null as nothing, 'text' as text`,
  `select '{1,2,NULL}'::int[] as ints, '{"a,b","c\\"d",NULL}'::text[] as texts, '[2:3]={1,2}'::int[] as bounds`,
  `select true as t, false as f, 1.50::numeric as numeric, 'NaN'::float8 as nan, '-Infinity'::float4 as inf`,
  `select 0.1::float4 as f4, 0.1::float8 + 0.2 as f8, 9223372036854775807 as int8, 'a'::"char" as char`,
  `select '\\xdeadbeef'::bytea as bytes, '{"b":[1,{"c":null}]}'::jsonb as json, 'x'::name as name`,
  `select '2026-11-24'::date as d, '2026-11-24 03:00:00.123456+02'::timestamptz as tz, '1 year -2 days'::interval as i`,
  `select row(1, 'a') as record, '(1,2)'::point as point, '[1,5)'::int4range as range, '192.168.0.1/24'::inet as inet`,
  `select n, repeat('ä😀', n) as text from generate_series(0, 50) n`,
  `select from generate_series(1, 3)`,
  `values (1, 2), (3, 4)`,
  `explain (costs off) select 1`,
  `show server_version`,
  `create temp table t as select 1`,
  ``,
]

test.each(QUERIES)('the result over HTTP is the one of the wire protocol: %s', async (query) => {
  const client = new pg.Client({ connectionString: stack.connectionString() })
  await client.connect()
  await client.query(`set timezone to utc`)
  const types = { getTypeParser: () => (value: string) => value }
  const wire = await client.query({ text: query, rowMode: 'array', types })
  await client.end()
  const { status, body } = await post({ query }, RAW)
  expect(status).toBe(200)
  expect(body.rows).toEqual(wire.rows)
  expect(body.command).toBe(wire.command ?? '')
  expect(body.rowCount).toBe(wire.rowCount)
  const fields = (wire.fields ?? []).map((field) => ({ ...field, format: 'text' }))
  expect(body.fields).toEqual(fields)
})

test('without raw text, values are JSON as far as JSON holds them exactly', async () => {
  const { body } = await post({
    query: `select 1::int2 as i, 2.5::float8 as f, 'NaN'::float8 as nan, 9007199254740993 as big, 1.10::numeric as num,
      true as b, '{"a":[1]}'::json as j, '{{1,2},{3,NULL}}'::int[] as a, '{"a b",NULL,"NULL"}'::text[] as t, null as n`,
  })
  expect(body.rows).toEqual([
    {
      i: 1,
      f: 2.5,
      nan: 'NaN',
      big: '9007199254740993',
      num: '1.10',
      b: true,
      j: { a: [1] },
      a: [
        [1, 2],
        [3, null],
      ],
      t: ['a b', null, 'NULL'],
      n: null,
    },
  ])
})

test('a column called __proto__ is a column', async () => {
  const { body } = await post({ query: `select 1 as "__proto__"` })
  expect(JSON.stringify(body.rows)).toBe('[{"__proto__":1}]')
})

describe('a batch', () => {
  test('of the gateway can end in a rollback and still answer with its results', async () => {
    await admin.query('create table tried (n int)')
    await admin.query('alter table tried disable row level security')
    const queries = [
      { query: `select set_config('role', 'anon', true)` },
      { query: 'insert into public.tried values (1) returning n' },
    ]
    const { status, body } = await postAsGateway({ queries }, { ...RAW, 'x-db9-batch-rollback': 'true' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ results: [{ rows: [['anon']] }, { rows: [['1']] }] })
    expect((await admin.query('select * from tried')).rows).toEqual([])
  })

  test('of anyone else cannot', async () => {
    const queries = [{ query: 'insert into tried values (2)' }]
    const { status, body } = await post({ queries }, { 'x-db9-batch-rollback': 'true' })
    expect([status, body.code]).toEqual([400, '42501'])
    expect((await admin.query('select * from tried')).rows).toEqual([])
  })

  test('echoes its options, and the header of a browser is allowed', async () => {
    const headers = { 'neon-batch-read-only': 'true', 'neon-batch-isolation-level': 'Serializable' }
    const reply = await post({ queries: [{ query: 'select 1' }] }, headers)
    expect(reply.headers).toMatchObject({ ...headers, 'access-control-allow-origin': '*' })
  })

  test('of no statements, and of the same statement many times, answers each', async () => {
    expect((await post({ queries: [] })).body).toEqual({ results: [] })
    const queries = Array.from({ length: 300 }, (_, n) => ({ query: 'select $1::int as n', params: [n] }))
    const { body } = await post({ queries })
    expect((body.results as { rows: { n: number }[] }[]).map(({ rows }) => rows[0]?.n)).toEqual(
      queries.map((_, n) => n),
    )
  })

  test('of more different statements than a session keeps answers each, twice', async () => {
    const queries = Array.from({ length: 600 }, (_, n) => ({ query: `select ${n} as n` }))
    for (let round = 0; round < 2; round++) {
      const { body } = await postAsGateway({ queries })
      expect((body.results as { rows: { n: number }[] }[]).map(({ rows }) => rows[0]?.n)).toEqual(
        queries.map((_, n) => n),
      )
    }
  })
})

describe('a statement', () => {
  test('that must stand alone can', async () => {
    expect((await post({ query: 'vacuum (analyze) counted' })).status).toBe(200)
    expect((await post({ query: 'create database lonely' })).status).toBe(200)
    expect((await post({ query: 'drop database lonely' })).status).toBe(200)
    expect((await post({ query: 'discard all' })).status).toBe(200)
    expect((await post({ query: 'select 1 as n' })).body.rows).toEqual([{ n: 1 }])
  })

  test.each(['copy counted from stdin', 'copy counted to stdout'])(
    'that copies to or from the client is refused: %s',
    async (query) => {
      const { status, body } = await post({ query })
      expect([status, body.code]).toEqual([400, '0A000'])
      const batch = await post({ queries: [{ query: 'select 1' }, { query }, { query: 'select 2' }] })
      expect([batch.status, batch.body.code]).toEqual([400, '0A000'])
    },
  )

  test('whose table changed since it was prepared is prepared again', async () => {
    await admin.query(`create table changing (a int); insert into changing values (1);
      grant select on changing to authenticator`)
    const read = () => postAsGateway({ queries: [{ query: 'select * from public.changing' }] }, RAW)
    for (let i = 0; i < 6; i++) await read()
    await admin.query(`alter table changing add column b text default 'new'`)
    for (let i = 0; i < 6; i++) {
      expect((await read()).body).toMatchObject({
        results: [{ rows: [['1', 'new']], fields: [{ name: 'a' }, { name: 'b' }] }],
      })
    }
    await admin.query(`alter table changing alter column a type text, drop column b`)
    expect((await read()).body).toMatchObject({ results: [{ rows: [['1']], fields: [{ dataTypeID: 25 }] }] })
  })

  test('is run once only where a batch committed on its own way before it failed', async () => {
    await admin.query(
      'create table once (n int); create table shape (a int); grant all on once, shape to public',
    )
    const queries = [
      { query: 'insert into public.once values (1)' },
      { query: 'commit' },
      { query: 'select * from public.shape' },
    ]
    for (let i = 0; i < 5; i++) expect((await postAsGateway({ queries })).status).toBe(200)
    await admin.query('delete from once; alter table shape add column b int')
    const { status, body } = await postAsGateway({ queries })
    expect([status, body.code]).toEqual([400, '0A000'])
    expect((await admin.query('select count(*)::int as n from once')).rows).toEqual([{ n: 1 }])
  })

  test('ends when its client goes away', async () => {
    const sent = request({
      host: '127.0.0.1',
      port: stack.httpPort,
      path: '/sql',
      method: 'POST',
      headers: { 'neon-connection-string': stack.connectionString() },
    })
    sent.on('error', () => {})
    sent.end(JSON.stringify({ query: 'select pg_sleep(30) /* left */' }))
    const running = async () =>
      (
        await admin.query(`select 1 from pg_stat_activity where query like '%/* left */' and state = 'active'
        and pid <> pg_backend_pid()`)
      ).rowCount
    for (let i = 0; i < 200 && (await running()) === 0; i++) await sleep(10)
    expect(await running()).toBe(1)
    sent.destroy()
    for (let i = 0; i < 200 && (await running()) === 1; i++) await sleep(10)
    expect(await running()).toBe(0)
    expect((await post({ query: 'select 1' })).status).toBe(200)
  })

  test('that costs the session its connection answers with its own error', async () => {
    const queries = [{ query: `set local transaction_timeout = 50` }, { query: 'select pg_sleep(5)' }]
    const { status, body } = await post({ queries })
    expect([status, body.code]).toEqual([400, '25P04'])
    expect((await post({ query: 'select 1' })).status).toBe(200)
  })

  test('that ends its own session is answered 503, to be tried again, and the next one works', async () => {
    const { status, headers } = await post({ query: 'select pg_terminate_backend(pg_backend_pid())' })
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('1')
    expect((await post({ query: 'select 1' })).status).toBe(200)
  })
})

describe('size', () => {
  test('of the request is bounded, whether announced or not', async () => {
    const query = `select length($1)`
    const fits = await post({ query, params: ['x'.repeat(9 * MIB)] }, RAW)
    expect(fits.body.rows).toEqual([[String(9 * MIB)]])
    const over = await post({ query, params: ['x'.repeat(11 * MIB)] }).catch(() => ({ status: 413 }))
    expect(over.status).toBe(413)
  })

  test('of the result is bounded: in rows, in one value, in rows without values', async () => {
    expect((await post({ query: `select repeat('x', ${9 * MIB}) as x` })).status).toBe(200)
    for (const query of [
      `select repeat('x', 1000) from generate_series(1, 20000)`,
      `select repeat('x', ${64 * MIB})`,
      `select from generate_series(1, 20000000)`,
    ]) {
      const { status, body } = await post({ query })
      expect([status, body.message]).toEqual([507, `response is too large (max is ${10 * MIB} bytes)`])
    }
    expect((await post({ query: 'select 1' })).status).toBe(200)
  })

  test('of nesting does not end the service', async () => {
    const depth = 6_000
    const { status } = await post({
      query: `select $1::text::json as j`,
      params: ['['.repeat(depth) + ']'.repeat(depth)],
    })
    expect([200, 400, 500]).toContain(status)
    const params = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const nested = await post(`{"query":"select $1","params":${params}}`)
    expect(nested).toMatchObject({ status: 400, body: { message: 'an array has at most 6 dimensions' } })
    expect((await post({ query: 'select 1' })).status).toBe(200)
  })
})

describe('a credential', () => {
  const query = 'select current_user as user'

  test('opens its role in its database until its end, and no password opens authenticator', async () => {
    expect((await postAsGateway({ query })).body.rows).toEqual([{ user: 'authenticator' }])
    const attempts = [
      { role: 'authenticator', password: await stack.credential({ expiresAt: inSeconds(-1) }) },
      { role: 'authenticator', password: await stack.credential({ id: `db_${'0'.repeat(26)}` }) },
      { role: 'authenticator', password: await stack.credential({ role: 'admin' }) },
      { role: 'admin', password: await stack.credential() },
      { role: 'authenticator', password: `${await stack.credential()}x` },
      { role: 'db9_super', password: await stack.credential({ role: 'db9_super' }) },
      { role: 'authenticator', password: PASSWORD },
    ]
    for (const attempt of attempts) {
      const { status, body } = await post({ query }, {}, attempt)
      expect([status, body.code]).toEqual([400, '28P01'])
    }
  })

  test('is worth nothing any more when it is over, although it was used just before', async () => {
    const password = await stack.credential({ expiresAt: inSeconds(2) })
    const login = { role: 'authenticator', password }
    expect((await post({ query }, {}, login)).status).toBe(200)
    await sleep(2_100)
    expect((await post({ query }, {}, login)).body.code).toBe('28P01')
  })

  test.each(['origin', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'])(
    'is refused in a request that carries %s, as a browser’s does',
    async (name) => {
      const { status, body } = await postAsGateway({ query }, { [name]: 'https://example.com' })
      expect([status, body.code]).toEqual([400, '28P01'])
    },
  )
})

describe('a password', () => {
  test('that was changed opens nothing after a minute, nor after the database was dropped from memory', async () => {
    await admin.query(`create role caller login password 'first'`)
    const login = { role: 'caller', password: 'first' }
    expect((await post({ query: 'select 1' }, {}, login)).status).toBe(200)
    await admin.query(`alter role caller password 'second'`)
    stack.proxy.dropDatabase(stack.id)
    expect((await post({ query: 'select 1' }, {}, login)).body.code).toBe('28P01')
    expect((await post({ query: 'select 1' }, {}, { ...login, password: 'second' })).status).toBe(200)
  })
})

describe('the listener', () => {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${stack.httpPort}${path}`, init)

  test('answers that it is there, a preflight, and 404 to anything else', async () => {
    expect((await call('/internal/healthz')).status).toBe(200)
    const preflight = await call('/sql', { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-max-age')).toBe('86400')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('neon-connection-string')
    expect(preflight.headers.get('access-control-allow-headers')).not.toContain('x-db9')
    expect((await call('/sql')).status).toBe(404)
    expect((await call('/', { method: 'POST' })).status).toBe(404)
  })

  test.each([
    ['none', undefined],
    ['no URL', 'host=localhost'],
    ['a broken escape', 'postgresql://a:%zz@h/d'],
  ])('refuses a connection string that is %s', async (_, connectionString) => {
    const { status, body } = await postSql({
      port: stack.httpPort,
      connectionString,
      body: { query: 'select 1' },
    })
    expect([status, body.code]).toEqual([400, '08001'])
  })

  test('runs statements in the database that the connection string names, or refuses it', async () => {
    await admin.query('create database beside')
    const run = (name: string) => {
      const connectionString = stack.connectionString().replace(/postgres$/, name)
      return postSql({ port: stack.httpPort, connectionString, body: { query: 'create table misplaced ()' } })
    }
    for (const name of ['beside', 'absent', 'template1']) {
      const { status, body } = await run(name)
      expect([status, body.code]).toEqual([400, '0A000'])
    }
    expect((await admin.query(`select to_regclass('misplaced') as found`)).rows).toEqual([{ found: null }])
    for (const name of [DATABASE_NAME, stack.id, `${stack.id}.admin`, '']) {
      expect((await run(name)).status).toBe(200)
      await admin.query('drop table misplaced')
    }
  })

  test.each(['', 'null', '[]', '{"query":1}', '{"queries":[null]}'])('refuses the body %j', async (body) => {
    expect((await post(body)).status).toBe(400)
  })
})

test('nothing secret was logged', () => {
  expect(stack.logged.join('\n')).not.toMatch(/correct horse|db9sql1/)
})
