import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import type { TestRequest } from './testing/requests.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

const json = async (request: TestRequest) => {
  const { status, body } = await database.serve(request)
  return { status, body: body === '' ? null : JSON.parse(body) }
}

describe('privileges on columns', () => {
  beforeAll(async () => {
    await database.sql(`
      create table public.dropbox (id int primary key, note text, secret text);
      revoke all on public.dropbox from anon, authenticated;
      grant insert on public.dropbox to anon;
      grant select (id, note), update (note) on public.dropbox to anon;
      alter table public.dropbox enable row level security;
      create policy p on public.dropbox using (true) with check (true);`)
    await database.refresh()
  })
  const post = { method: 'POST', url: 'dropbox', body: '{"id":1,"note":"a","secret":"s"}' }

  test('a visitor who may only insert can, and is told nothing', async () => {
    expect((await database.serve(post, { rollback: true })).status).toBe(201)
  })

  test('a representation needs SELECT on its columns alone', async () => {
    const headers = { prefer: 'return=representation' }
    const readable = { ...post, url: 'dropbox?select=id,note', headers }
    expect((await database.serve(readable, { rollback: true })).status).toBe(201)
    expect((await database.serve({ ...post, headers }, { rollback: true })).status).toBe(401)
  })

  test('a hidden column can neither be read nor filtered nor ordered by', async () => {
    for (const url of ['dropbox', 'dropbox?select=id&secret=eq.s', 'dropbox?select=id&order=secret']) {
      expect((await json({ url })).status).toBe(401)
    }
    expect((await json({ url: 'dropbox?select=id,note' })).status).toBe(200)
  })
})

describe('a value that is nested too deep', () => {
  const FORM = { 'x-http-method-override': 'GET', 'content-type': 'application/x-www-form-urlencoded' }
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

  test.each([
    ['in a row', { method: 'POST', url: 'users', body: `{"id":50,"name":"x","meta":${nested(100_000)}}` }],
    [
      'in many rows',
      { method: 'POST', url: 'users', body: `[{"id":50,"name":"x","meta":${nested(1_000_000)}}]` },
    ],
    ['in an update', { method: 'PATCH', url: 'users?id=eq.1', body: `{"meta":${nested(100_000)}}` }],
    ['in an argument', { method: 'POST', url: 'rpc/echo', body: nested(100_000) }],
    ['in a filter', { method: 'POST', url: 'users', headers: FORM, body: `meta=eq.${nested(100_000)}` }],
  ])('%s is the caller’s error', async (_, request) => {
    const reply = await json(request)
    expect(reply).toMatchObject({ status: 400, body: { code: '54001' } })
    expect(await database.sql('select from public.users where id = 50')).toEqual([])
  })

  test('inside a function is not', async () => {
    await database.sql(`create function public.forever(n int) returns int language plpgsql stable as
      $$ begin return public.forever(n + 1); end $$`)
    await database.refresh()
    expect(await json({ url: 'rpc/forever?n=1' })).toMatchObject({ status: 500, body: { code: '54001' } })
  })
})

describe('errors', () => {
  beforeAll(async () => {
    await database.sql(`
      create table public.audit (id int);
      revoke all on public.audit from anon, authenticated;
      create table public.audited (id int primary key, owner text default 'private', check (id > 0));
      create function public.log_it() returns trigger language plpgsql as $$
      begin insert into public.audit values (new.id); return new; end $$;
      create trigger t after insert on public.audited for each row when (new.id = 5) execute function public.log_it();`)
    await database.refresh()
  })
  const policy = { exposedTables: ['audited'], requireRls: false }

  test('name no relation that is not listed', async () => {
    const reply = await json({ method: 'POST', url: 'audited', body: '{"id":5}', policy })
    expect(reply).toMatchObject({
      status: 401,
      body: { message: 'permission denied for table (not exposed)' },
    })
  })

  test('name one that is', async () => {
    const body = '{"id":5}'
    const listed = { ...policy, exposedTables: ['audited', 'audit'] }
    const reply = await json({ method: 'POST', url: 'audited', body, policy: listed })
    expect(reply.body.message).toBe('permission denied for table audit')
  })

  test('quote a row only where the caller sent all of it', async () => {
    const refused = (body: string) => json({ method: 'POST', url: 'audited', body, policy })
    expect((await refused('{"id":-1}')).body).toMatchObject({ code: '23514', details: null })
    expect((await refused('{"id":-1,"owner":"me"}')).body.details).toBe('Failing row contains (-1, me).')
  })

  test('quote a row of which the caller sent a part, where the rest of it is null', async () => {
    await database.sql('create table public.bare (id int not null, note text, flag boolean)')
    await database.refresh()
    const reply = await json({
      method: 'POST',
      url: 'bare',
      body: '[{"note":"mine"}]',
      policy: { requireRls: false },
    })
    expect(reply.body).toMatchObject({ code: '23502', details: 'Failing row contains (null, mine, null).' })
  })

  test('quote a key that the caller sent', async () => {
    await database.sql('insert into public.audited values (1)')
    const reply = await json({ method: 'POST', url: 'audited', body: '{"id":1}', policy })
    expect(reply).toMatchObject({ status: 409, body: { details: 'Key (id)=(1) already exists.' } })
  })

  test('quote no value of a row that could not be read', async () => {
    const reply = await json({ url: 'audited?select=owner::int', policy })
    expect(reply.body).toMatchObject({ code: '22P02', message: 'invalid input syntax for type integer' })
  })
})
