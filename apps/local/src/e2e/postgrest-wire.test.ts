import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type Reply } from '../testing/stack.ts'
import { startTodoApp, type TodoApp } from '../testing/todo-app.ts'

let app: TodoApp

beforeAll(async () => {
  app = await startTodoApp()
  await app.seed()
  const reply = await app.stack.sql(
    app.database.id,
    `create schema "été"; grant usage on schema "été" to anon;
     create table "été"."名前" (id int primary key, owner int references public.users); alter table "été"."名前" enable row level security;
     create policy anyone on "été"."名前" using (true); insert into "été"."名前" values (1);
     create table public.late (id int primary key, user_id int references public.users deferrable initially deferred);
     alter table public.late enable row level security; create policy anyone on public.late using (true) with check (true);
     create function public.seen() returns json language sql stable return json_build_object(
       'method', current_setting('request.method'), 'path', current_setting('request.path'),
       'headers', current_setting('request.headers')::json, 'cookies', current_setting('request.cookies')::json,
       'claims', current_setting('request.jwt.claims')::json);
     create function public.echo_bytes(bytea) returns bytea language sql immutable return $1;
     create function public.fail(code text) returns void language plpgsql as $$
     begin raise exception using errcode = code, message = 'said by the function'; end $$;
     create function public.level() returns text language sql stable set default_transaction_isolation = 'serializable'
       return current_setting('transaction_isolation');
     create function public.patient() returns text language sql stable set statement_timeout = '6s'
     begin atomic select 'done' from pg_sleep(3.3); end;
     create function public.teapot() returns void language plpgsql as $$
     begin
       perform set_config('response.status', '418', true);
       perform set_config('response.headers', '[{"X-Kind": "tea"}, {"Set-Cookie": "a=b"}]', true);
     end $$;`,
  )
  expect(reply.status).toBe(200)
})
afterAll(() => app?.dispose())

const send = (
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
) =>
  call(`${app.url}/${path}`, {
    method: options.method ?? 'GET',
    headers: { apikey: app.key, ...options.headers },
    body: options.body,
  })

const headersOf = ({ headers }: Reply, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, headers.get(name)]))

describe('every reply', () => {
  test('says what it depends on and where it stands', async () => {
    const reply = await send('labels?order=id&select=id')
    expect(headersOf(reply, ['content-type', 'content-location', 'content-range'])).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'content-location': '/labels?order=id&select=id',
      'content-range': '0-1/*',
    })
    expect(reply.headers.get('vary')).toMatch(/^Accept, Prefer, Range, Origin/)
  })

  test('that is an error says so in a header too, for HEAD has no body', async () => {
    const reply = await send('nope', { method: 'HEAD' })
    expect(reply.status).toBe(404)
    expect(reply.headers.get('proxy-status')).toBe('PostgREST; error=PGRST205')
  })

  test('without a body has no media type', async () => {
    const reply = await send('labels', { method: 'POST', body: { id: 70 } })
    expect({ status: reply.status, text: reply.text }).toEqual({ status: 201, text: '' })
    expect(headersOf(reply, ['content-type', 'content-length'])).toEqual({
      'content-type': null,
      'content-length': '0',
    })
  })

  test('names the preferences that were applied', async () => {
    const headers = { prefer: 'tx=rollback, count=exact, return=representation, unknown=1' }
    const reply = await send('labels?id=eq.1', { method: 'PATCH', headers, body: { label: 'x' } })
    expect(reply.headers.get('preference-applied')).toBe('return=representation, count=exact, tx=rollback')
  })
})

describe('a media type of the owner’s own', () => {
  test('is sent by the aggregate of the documentation, and by none once that is dropped', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/postgrest-conformance.md'), 'utf8')
    const example = /```sql\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    expect((await app.stack.sql(app.database.id, example)).status).toBe(200)
    const headers = { accept: 'text/tab-separated-values' }
    const reply = await send('labels?select=id,label&order=id&limit=2', { headers })
    expect([reply.status, reply.text]).toEqual([200, '1\tred\n2\tgreen\n'])
    expect(headersOf(reply, ['content-type', 'content-range', 'content-security-policy'])).toEqual({
      'content-type': 'text/tab-separated-values',
      'content-range': '0-1/*',
      'content-security-policy': "sandbox; default-src 'none'",
    })
    await app.stack.sql(app.database.id, 'drop aggregate tsv (anyelement)')
    expect((await send('labels', { headers })).status).toBe(406)
  })

  test('is sent as bytes', async () => {
    await app.stack.sql(
      app.database.id,
      `create domain "image/png" as bytea; create function picture() returns "image/png" language sql immutable return '\\x8950ff00'::bytea::"image/png"`,
    )
    const reply = await fetch(`${app.url}/rpc/picture`, { headers: { apikey: app.key, accept: 'image/png' } })
    expect(reply.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await reply.arrayBuffer()).toString('hex')).toBe('8950ff00')
  })
})

describe('a function', () => {
  test.each([
    ['28000', 403],
    ['28P01', 403],
    ['3D000', 400],
    ['53300', 503],
    ['08006', 503],
    ['57P01', 503],
    ['57P02', 500],
    ['57P03', 500],
  ])('that raises %s is answered with %i and its own message', async (code, status) => {
    const { json, ...reply } = await send('rpc/fail', { method: 'POST', body: { code } })
    expect(reply.status).toBe(status)
    expect(json).toMatchObject({ code, message: 'said by the function' })
    expect((await send('labels?limit=1')).status).toBe(200)
  })

  test('runs at the level of isolation that it is set to', async () => {
    expect((await send('rpc/level')).json).toBe('serializable')
    expect((await send('rpc/level', { method: 'POST', body: {} })).json).toBe('serializable')
  })

  test('runs for as long as its own statement_timeout allows', async () => {
    const reply = await send('rpc/patient')
    expect([reply.status, reply.json]).toEqual([200, 'done'])
  })
})

describe('bytes', () => {
  const octets = { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }

  test('go in and come out as they are', async () => {
    const sent = Uint8Array.from({ length: 200_001 }, (_, i) => (i * 7) % 256)
    const headers = { apikey: app.key, ...octets }
    const reply = await fetch(`${app.url}/rpc/echo_bytes`, { method: 'POST', headers, body: sent })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
    expect(Buffer.compare(Buffer.from(await reply.arrayBuffer()), sent)).toBe(0)
  })

  test('are no text, and so nothing that a table takes', async () => {
    const headers = { apikey: app.key, ...octets, accept: 'application/json' }
    const reply = await fetch(`${app.url}/labels`, { method: 'POST', headers, body: Uint8Array.of(0, 255) })
    expect([reply.status, await reply.json()]).toMatchObject([400, { code: 'PGRST102' }])
  })
})

describe('OPTIONS', () => {
  test('with a key names what can be done with a table', async () => {
    const reply = await send('labels', { method: 'OPTIONS' })
    expect({ status: reply.status, allow: reply.headers.get('allow') }).toEqual({
      status: 200,
      allow: 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE',
    })
  })

  test('without a key says nothing of any table', async () => {
    const reply = await fetch(`${app.url}/nope`, { method: 'OPTIONS' })
    expect(reply.status).toBe(204)
  })
})

describe('a schema with an odd name', () => {
  let key: string
  beforeAll(async () => {
    key = (await app.stack.createKey(app.database.id, { exposed_schemas: ['public', 'été'] })).value
  })
  /** Headers carry bytes: text goes as its UTF-8, one character a byte. */
  const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

  test('is asked for and named in headers as UTF-8', async () => {
    const headers = { apikey: key, 'accept-profile': bytes('été') }
    const reply = await call(`${app.url}/${encodeURIComponent('名前')}?select=id`, {
      method: 'GET',
      headers,
      body: undefined,
    })
    expect({ status: reply.status, json: reply.json }).toEqual({ status: 200, json: [{ id: 1 }] })
    expect(reply.headers.get('content-profile')).toBe(bytes('été'))
  })

  test('may be warned of', async () => {
    const headers = { apikey: key, 'accept-profile': bytes('été') }
    const path = `${encodeURIComponent('名前')}?select=id,${encodeURIComponent('ü')}:${encodeURIComponent('名前')}(id)`
    const reply = await call(`${app.url}/${path}`, { method: 'GET', headers, body: undefined })
    expect(reply.json).toMatchObject({ code: 'PGRST200' })
  })

  test('warns of a target that is named though it has an alias', async () => {
    const path = `users?select=id,${encodeURIComponent('größe')}:todos(id)&todos.limit=1`
    const reply = await send(path)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('warning')).toContain(bytes('Update `todos` to `größe`'))
  })
})

describe('SQL', () => {
  test('sees the request, without what its caller is known by', async () => {
    const headers = { cookie: 'theme=dark; session=s3cret', 'x-mine': '1' }
    const { json, text } = await send('rpc/seen', { headers })
    expect(json).toMatchObject({
      method: 'GET',
      path: '/rpc/seen',
      headers: { 'x-mine': '1' },
      cookies: { theme: 'dark' },
      claims: { role: 'anon' },
    })
    expect(text).not.toMatch(/s3cret|db9pk_/)
  })

  test('may choose status and headers, from those that cannot harm a neighbour', async () => {
    const reply = await send('rpc/teapot', { method: 'POST', body: {} })
    expect(reply.status).toBe(418)
    expect(headersOf(reply, ['x-kind', 'set-cookie'])).toEqual({ 'x-kind': 'tea', 'set-cookie': null })
  })
})

test.each([
  ['at the commit', {}],
  ['where there will be no commit', { prefer: 'tx=rollback' }],
])('a constraint that waits for the commit is an error %s, and nothing is written', async (_, headers) => {
  const body = { id: 1, user_id: 99 }
  const reply = await send('late', { method: 'POST', headers, body })
  expect({ status: reply.status, json: reply.json }).toMatchObject({ status: 409, json: { code: '23503' } })
  expect((await send('late')).json).toEqual([])
})

test('a query that is longer than an address may be is sent as a form', async () => {
  const ids = Array.from({ length: 5000 }, (_, i) => i)
  const form = new URLSearchParams({ select: 'id', id: `in.(${ids.join(',')})`, order: 'id' })
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-http-method-override': 'GET',
  }
  const long = await send('todos', { method: 'POST', headers, body: form.toString() })
  expect({ status: long.status, json: long.json }).toEqual({
    status: 200,
    json: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }],
  })
  expect((await send(`todos?id=in.(${ids.join(',')})`)).status).toBe(414)
})
