import { setTimeout as sleep } from 'node:timers/promises'
import { MAX_BODY_VALUES } from '@db9/types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_SQL_LIMITS } from '../config.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi({
    sqlLimits: {
      ...DEFAULT_SQL_LIMITS,
      statementTimeoutMs: 1_000,
      maxRows: 1_000,
      maxBytes: 1024 * 1024,
      concurrency: 3,
      queue: 4,
    },
  })
  id = (await t.createDatabase('sql')).id
})
afterAll(() => t?.dispose())

describe('a result', () => {
  test('has columns with both names of the type, rows as arrays, row_count and command', async () => {
    const { status, json } = await t.sql(id, `select 1 as id, 'x'::varchar(10) as "name", 2 as id`)
    expect(status).toBe(200)
    expect(json).toEqual({
      columns: [
        { name: 'id', data_type: 'integer', type: 'integer' },
        { name: 'name', data_type: 'character varying(10)', type: 'character varying(10)' },
        { name: 'id', data_type: 'integer', type: 'integer' },
      ],
      rows: [[1, 'x', 2]],
      row_count: 1,
      command: 'SELECT',
    })
  })

  test('holds every type without loss', async () => {
    const { json } = await t.sql(
      id,
      `select 9007199254740993::int8, 1.10::numeric(10,2), true, null::text, '{"a":[1]}'::jsonb, '[2]'::json, '\\x0aff'::bytea,
              array[1,null,3], array[['a','b'],['c','"d"']], array['{"k":1}']::jsonb[], 'NaN'::float8, 1.5::float4,
              timestamptz '2026-01-02 03:04:05+00' at time zone 'utc', date '2026-01-02', '1 2'::int2vector,
              '[1:2]={5,6}'::int[], interval '1 day', box '((0,0),(1,1))'`,
    )
    expect(json.rows[0]).toEqual([
      '9007199254740993',
      '1.10',
      true,
      null,
      { a: [1] },
      [2],
      '\\x0aff',
      [1, null, 3],
      [
        ['a', 'b'],
        ['c', '"d"'],
      ],
      [{ k: 1 }],
      'NaN',
      1.5,
      '2026-01-02 03:04:05',
      '2026-01-02',
      '1 2',
      [5, 6],
      '1 day',
      '(1,1),(0,0)',
    ])
    expect(json.columns.slice(0, 2).map((column: { type: string }) => column.type)).toEqual([
      'bigint',
      'numeric(10,2)',
    ])
  })

  test('names types that the database defines, arrays of them too, and follows a rename', async () => {
    await t.sql(id, `create type mood as enum ('sad', 'happy')`)
    const { json } = await t.sql(id, `select 'sad'::mood, array['happy','sad']::mood[]`)
    expect(json.columns.map((column: { type: string }) => column.type)).toEqual(['mood', 'mood[]'])
    expect(json.rows).toEqual([['sad', ['happy', 'sad']]])
    await t.sql(id, 'alter type mood rename to feeling')
    expect((await t.sql(id, `select 'sad'::feeling`)).json.columns[0].type).toBe('feeling')
  })

  test('of a change counts the rows that were changed or returned', async () => {
    expect((await t.sql(id, 'create table counted (n int)')).json).toEqual({
      columns: [],
      rows: [],
      row_count: 0,
      command: 'CREATE TABLE',
    })
    expect((await t.sql(id, 'insert into counted values (1),(2),(3)')).json).toMatchObject({
      row_count: 3,
      command: 'INSERT',
    })
    expect((await t.sql(id, 'update counted set n = n where n > 1')).json).toMatchObject({
      row_count: 2,
      command: 'UPDATE',
    })
    expect((await t.sql(id, 'delete from counted where n = 1 returning n')).json).toMatchObject({
      row_count: 1,
      rows: [[1]],
    })
    expect((await t.sql(id, '')).json).toMatchObject({ row_count: 0, command: '' })
  })

  test('of several statements is the result of the last one, with all results beside it', async () => {
    const { json } = await t.sql(id, {
      file_content: 'create temp table x (a int); insert into x values (7); select a from x',
    })
    expect(json.rows).toEqual([[7]])
    expect(json.results.map((result: { command: string }) => result.command)).toEqual([
      'CREATE TABLE',
      'INSERT',
      'SELECT',
    ])
  })
})

describe('params', () => {
  test('are values and never part of the statement’s text', async () => {
    const evil = `'; drop table counted; --`
    const { json } = await t.sql(id, {
      query: 'select $1::text, $2::int + 1, $3::int[], $4::jsonb, $5::bool, $6::text',
      params: [evil, 41, [1, null, 3], { a: ['x'] }, true, null],
    })
    expect(json.rows).toEqual([[evil, 42, [1, null, 3], { a: ['x'] }, true, null]])
    expect((await t.sql(id, 'select 1 from counted limit 1')).status).toBe(200)
  })

  test('return 422 with several statements', async () => {
    const { status, json } = await t.sql(id, { query: 'select $1::int; drop table counted', params: [1] })
    expect([status, json.code]).toEqual([422, '42601'])
    expect((await t.sql(id, 'select 1 from counted limit 1')).status).toBe(200)
  })

  test('return 422 where they are too few, too many or of a wrong type', async () => {
    expect((await t.sql(id, { query: 'select $1::int, $2::int', params: [1] })).status).toBe(422)
    expect((await t.sql(id, { query: 'select 1', params: [1] })).status).toBe(422)
    expect((await t.sql(id, { query: 'select $1::int', params: ['x'] })).json).toMatchObject({
      code: '22P02',
    })
  })
})

describe('a request', () => {
  test('whose params are nested too deeply returns 400', async () => {
    const nested = (open: string, close: string) => `${open.repeat(200_000)}1${close.repeat(200_000)}`
    for (const value of [nested('[', ']'), nested('{"a":', '}')]) {
      const body = `{"query":"select $1","params":[${value}]}`
      const reply = await t.call('POST', `/databases/${id}/sql`, { body })
      expect([reply.status, reply.json.message]).toEqual([400, 'body: is nested more than 64 deep'])
    }
  })

  test('with too many values of any kind is refused and runs nothing', async () => {
    const bodies = [
      `{"query":"drop table counted","params":[[${'[1],'.repeat(MAX_BODY_VALUES)}[1]]]}`,
      `{"query":"drop table counted","params":[${'1,'.repeat(MAX_BODY_VALUES)}1]}`,
      `{"query":"drop table counted",${'"a":1,'.repeat(MAX_BODY_VALUES)}"b":1}`,
    ]
    for (const body of bodies) {
      const reply = await t.call('POST', `/databases/${id}/sql`, { body })
      expect([reply.status, reply.json.message]).toEqual([400, 'body: holds more than 10000 values'])
    }
    expect((await t.sql(id, 'select 1 from counted limit 1')).status).toBe(200)
  })

  test('is read only up to the value that is too many', async () => {
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        sent += 1
        controller.enqueue(new TextEncoder().encode('['.repeat(1_000)))
        if (sent === 1_000) controller.close()
      },
    })
    const headers = { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    const reply = await t.api.fetch(new Request(`http://control/customer/databases/${id}/sql`, init))
    expect(reply.status).toBe(400)
    expect(sent).toBeLessThan(10)
  })

  test('may hold as many values as may be parsed', async () => {
    const numbers = Array.from({ length: MAX_BODY_VALUES - 10 }, (_, i) => i)
    const { json } = await t.sql(id, { query: 'select cardinality($1::int[])', params: [numbers] })
    expect(json.rows).toEqual([[numbers.length]])
  })

  test.each([
    ['both query and file_content', { query: 'select 1', file_content: 'select 1' }, 'query'],
    ['neither', {}, 'query'],
    ['a NUL character', { query: 'select 1\0' }, 'query'],
    ['an unknown field', { query: 'select 1', role: 'postgres' }, 'role'],
    ['params of the wrong type', { query: 'select 1', params: 'x' }, 'params'],
    ['COPY FROM STDIN', { query: 'copy counted from stdin' }, 'COPY … FROM STDIN'],
    ['COPY TO STDOUT', { query: 'copy counted to stdout' }, 'COPY … TO STDOUT'],
  ])('with %s returns 400', async (_, body, text) => {
    const { status, json } = await t.sql(id, body)
    expect([status, json.message]).toEqual([400, expect.stringContaining(text)])
  })

  test('may be larger than 1 MiB, up to 10 MiB, and carries no Idempotency-Key', async () => {
    const long = (n: number) => ({ query: `select 1 /* ${'x'.repeat(n * 1024 * 1024)} */` })
    expect((await t.sql(id, long(2))).status).toBe(200)
    expect((await t.sql(id, long(10))).status).toBe(400)
    expect((await t.sql(id, 'select 1', { headers: { 'idempotency-key': 'abc' } })).status).toBe(400)
  })
})

describe('a failing statement', () => {
  test('returns 422 with code, position, detail and hint', async () => {
    const syntax = await t.sql(id, 'select nothing_here from counted')
    expect([syntax.status, syntax.json]).toEqual([
      422,
      { message: 'column "nothing_here" does not exist', code: '42703', position: 8 },
    ])
    await t.sql(id, 'create table uniq (id int primary key)')
    const unique = await t.sql(id, 'insert into uniq values (1), (1)')
    expect(unique.json).toMatchObject({ code: '23505', detail: 'Key (id)=(1) already exists.' })
    expect((await t.sql(id, 'select lenght(1)')).json.hint).toEqual(expect.any(String))
  })

  test('among several leaves nothing of the others', async () => {
    const { status } = await t.sql(id, 'create table half (id int); select 1/0')
    expect(status).toBe(422)
    expect((await t.sql(id, 'select 1 from half')).json.code).toBe('42P01')
  })
})

describe('limits', () => {
  test('returns 413 for more rows than allowed', async () => {
    expect((await t.sql(id, 'select generate_series(1, 1000)')).json.row_count).toBe(1000)
    const { status, json } = await t.sql(id, 'select generate_series(1, 100000000)')
    expect([status, json.code]).toEqual([413, 'result_too_large'])
  })

  test('returns 413 for more bytes than allowed, also in one value, and ends the statement', async () => {
    expect((await t.sql(id, `select repeat('x', 1000000)`)).status).toBe(200)
    expect((await t.sql(id, `select repeat('x', 50000000)`)).status).toBe(413)
    expect((await t.sql(id, `select repeat('x', 100000) from generate_series(1, 900)`)).status).toBe(413)
    await expectNothingRuns()
  })

  test('cancels a statement that runs too long, whichever timeout it sets', async () => {
    const plain = await t.sql(id, 'select pg_sleep(20)')
    expect([plain.status, plain.json.code]).toEqual([422, '57014'])
    const sly = await t.sql(id, 'set statement_timeout = 0; select pg_sleep(20)')
    expect([sly.status, sly.json.code]).toEqual([422, '57014'])
    await expectNothingRuns()
  })

  test('ends the statement of a client that disconnects', async () => {
    const leaving = new AbortController()
    const reply = t.sql(id, 'select pg_sleep(20)', { signal: leaving.signal }).catch(() => null)
    await sleep(150)
    leaving.abort()
    await reply
    await expectNothingRuns()
  })

  test('returns 429 for more statements than may wait, and runs the others', async () => {
    // Three run and four wait; of so many, some arrive while they do, however slow the machine is.
    const replies = await Promise.all(Array.from({ length: 40 }, () => t.sql(id, 'select pg_sleep(0.3)')))
    const statuses = replies.map((reply) => reply.status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(7)
    expect(replies.find((reply) => reply.status === 429)?.headers.get('retry-after')).toBe('1')
  })

  async function expectNothingRuns() {
    const others = `select count(*)::int from pg_stat_activity where usename = 'admin' and pid <> pg_backend_pid()`
    await expect.poll(async () => (await t.sql(id, others)).json.rows, { timeout: 2000 }).toEqual([[0]])
  }
})

describe('a session', () => {
  test('is admin’s own and no superuser’s', async () => {
    const { json } = await t.sql(
      id,
      `select current_user, session_user, (select rolsuper from pg_roles where rolname = current_user)`,
    )
    expect(json.rows).toEqual([['admin', 'db9_admin', false]])
    expect((await t.sql(id, `copy counted to program 'id'`)).status).toBe(422)
    expect((await t.sql(id, `select pg_read_file('/etc/passwd')`)).status).toBe(422)
  })

  test.each([
    ['begin; create table half_done (id int)', undefined],
    ['begin', undefined],
    ['begin', []],
    ['commit; begin; create table half_done (id int)', undefined],
  ])(
    'returns 422 for %s, which ends inside a transaction, and keeps nothing of it',
    async (query, params) => {
      const reply = await t.call('POST', `/databases/${id}/sql`, {
        body: { query, ...(params && { params }) },
      })
      expect([reply.status, reply.json.code]).toEqual([422, 'unprocessable'])
      expect(reply.json.message).toContain('COMMIT in the same request')
      expect((await t.sql(id, 'select * from half_done')).json.code).toBe('42P01')
    },
  )

  test('keeps a transaction that it ends', async () => {
    const reply = await t.sql(id, 'begin; create table whole (id int); commit; select count(*) from whole')
    expect([reply.status, reply.json.rows]).toEqual([200, [['0']]])
  })

  test('passes json on as Postgres wrote it', async () => {
    const send = { headers: { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json' } }
    const query = `select '{"id": 1234567890123456789, "e": 1e400}'::jsonb, 'null'::jsonb, '"null"'::json, array['1.10'::jsonb]`
    const request = new Request(`http://control/customer/databases/${id}/sql`, {
      ...send,
      method: 'POST',
      body: JSON.stringify({ query: query.replace('"e": 1e400', '"e": 1.10') }),
    })
    const text = await (await t.api.fetch(request)).text()
    expect(text).toContain('[{"e": 1.10, "id": 1234567890123456789},null,"null",[1.10]]')
  })

  test('names the table, column and constraint that an error is about', async () => {
    await t.sql(
      id,
      'create table checked (n int constraint positive check (n > 0), m int not null default 1)',
    )
    expect((await t.sql(id, 'insert into checked values (-1)')).json).toMatchObject({
      code: '23514',
      schema: 'public',
      table: 'checked',
      constraint: 'positive',
    })
    expect((await t.sql(id, 'insert into checked values (1, null)')).json).toMatchObject({
      code: '23502',
      table: 'checked',
      column: 'm',
    })
  })

  test('leaves nothing to the next request', async () => {
    await t.sql(
      id,
      `set search_path = pg_catalog; create temp table left_over (id int); select pg_advisory_lock(7); listen here`,
    )
    expect((await t.sql(id, 'show search_path')).json.rows[0][0]).toContain('public')
    expect((await t.sql(id, 'select * from left_over')).json.code).toBe('42P01')
    await expect
      .poll(async () => (await t.sql(id, 'select pg_try_advisory_lock(7)')).json.rows)
      .toEqual([[true]])
  })

  test('starts with any settings that the owner has set for the role', async () => {
    await t.sql(id, `alter role admin set local_preload_libraries = 'missing'`)
    expect((await t.sql(id, 'alter role admin reset local_preload_libraries')).status).toBe(200)
  })

  test('returns 503 when its backend is killed, and the next one works', async () => {
    const { status } = await t.sql(id, 'select pg_terminate_backend(pg_backend_pid())')
    expect(status).toBe(503)
    expect((await t.sql(id, 'select 1')).status).toBe(200)
  })

  test('wakes a database whose server was stopped', async () => {
    await t.engine.stop(id)
    expect((await t.sql(id, 'select 1')).json.rows).toEqual([[1]])
  })
})

describe('a read-only token', () => {
  let ro: string
  beforeAll(async () => {
    const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
    ro = (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
    await t.sql(
      id,
      `create table guarded (n int); insert into guarded values (1);
      create sequence seq;
      create function sneak() returns void language plpgsql as $$ begin
        perform set_config('transaction_read_only', 'off', false); insert into guarded values (99); end $$;
      create procedure sneak_proc() language plpgsql as $$ begin commit; insert into guarded values (98); commit; end $$`,
    )
  })
  const rows = async () => (await t.sql(id, 'select array_agg(n) from guarded')).json.rows[0][0]

  test('reads, with and without params', async () => {
    expect((await t.sql(id, 'select n from guarded', { token: ro })).json.rows).toEqual([[1]])
    expect((await t.sql(id, { query: 'select $1::int', params: [3] }, { token: ro })).json.rows).toEqual([
      [3],
    ])
  })

  test.each([
    ['insert into guarded values (2)', 403],
    ['with x as (insert into guarded values (2) returning n) select * from x', 403],
    ['create table more (id int)', 403],
    [`select nextval('seq')`, 403],
    ['truncate guarded', 403],
    ['select sneak()', 422],
    [`do $$ begin execute 'set transaction read write'; insert into guarded values (3); end $$`, 422],
    ['do $$ begin commit; insert into guarded values (4); end $$', 422],
    ['call sneak_proc()', 422],
    ['commit; insert into guarded values (5)', 422],
    ['set transaction read write; insert into guarded values (6)', 422],
    ['explain analyze insert into guarded values (7)', 403],
    ['copy guarded from stdin', 403],
    ['alter role admin set default_transaction_read_only = off', 403],
    ['vacuum guarded', 422],
  ])('cannot run %s', async (query, status) => {
    expect((await t.sql(id, query, { token: ro })).status).toBe(status)
    expect(await rows()).toEqual([1])
  })

  test.each([
    'commit',
    'set transaction read write',
    'set default_transaction_read_only = off',
    'reset all',
    'begin',
  ])('gains nothing by %s', async (query) => {
    await t.sql(id, query, { token: ro })
    expect((await t.sql(id, 'insert into guarded values (8)', { token: ro })).status).toBe(403)
    expect(await rows()).toEqual([1])
  })

  test('cannot read the password, keys of any kind or another database', async () => {
    const { json } = await t.call('GET', `/databases/${id}`, { token: ro })
    expect(json.connection_string).toMatch(/^postgresql:\/\/db_\w+\.admin@/)
    expect((await t.call('GET', `/databases/${id}/credentials`, { token: ro })).status).toBe(403)
  })
})
