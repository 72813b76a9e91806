import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toBatch } from './sql/statement.ts'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import { SESSION, SETTINGS, type TestRequest } from './testing/requests.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

const json = async (request: TestRequest) => {
  const { status, body } = await database.serve(request)
  return { status, body: body === '' ? null : JSON.parse(body) }
}

describe('what SQL knows of the request', () => {
  beforeAll(async () => {
    await database.sql(`
      create function public.context() returns json language sql stable return json_build_object(
        'role', current_user, 'uid', auth.user_id(), 'claims', current_setting('request.jwt.claims')::json,
        'method', current_setting('request.method'), 'path', current_setting('request.path'),
        'headers', current_setting('request.headers')::json, 'cookies', current_setting('request.cookies')::json,
        'search_path', current_setting('search_path'), 'timeout', current_setting('statement_timeout'),
        'timezone', current_setting('timezone'), 'read_only', current_setting('transaction_read_only'),
        'row_security', current_setting('row_security'));
      create function public.settings(names text[]) returns text[] language sql stable
      begin atomic select array_agg(current_setting(n)) from unnest(names) n; end;
      create function public.slow() returns int language sql stable set statement_timeout = '1s' return 1;
      create function public.check_request() returns void language plpgsql as $$
      begin
        if current_setting('request.path') = '/labels' then
          raise sqlstate 'PT402' using message = 'Payment required';
        end if;
      end $$;`)
    await database.refresh()
  })

  test('is its role, claims, method, path, headers and limits', async () => {
    const session = {
      role: 'authenticated' as const,
      claims: { sub: 'user-1', role: 'postgres', quote: `'"\\` },
      headers: { 'x-a': 'b' },
      cookies: { c: 'd' },
    }
    const reply = await json({ url: 'rpc/context', session, headers: { prefer: 'timezone=Asia/Tokyo' } })
    expect(reply.body).toEqual({
      role: 'authenticated',
      uid: 'user-1',
      claims: { sub: 'user-1', role: 'authenticated', quote: `'"\\` },
      method: 'GET',
      path: '/rpc/context',
      headers: { 'x-a': 'b' },
      cookies: { c: 'd' },
      search_path: '"public", "extensions", "pg_temp"',
      timeout: '8s',
      timezone: 'Asia/Tokyo',
      read_only: 'on',
      row_security: 'on',
    })
  })

  test('is the visitor role where there is no user', async () => {
    const reply = await json({ method: 'POST', url: 'rpc/context' })
    expect(reply.body).toMatchObject({ role: 'anon', claims: { role: 'anon' }, uid: null, timeout: '3s' })
  })

  test('ends with the transaction', async () => {
    await database.serve({ url: 'rpc/context', session: { role: 'authenticated', claims: { sub: 'x' } } })
    const batch = { readOnly: true, isolation: 'read committed', rollback: false } as const
    const [user, claims] = await database.run({
      ...batch,
      statements: [{ text: "select current_user, current_setting('request.jwt.claims', true)", params: [] }],
    })
    expect([user, claims || null]).toEqual(['authenticator', null])
  })

  test('is judged first by the function that the database names', async () => {
    const settings = { pre_request: 'public.check_request' }
    expect((await database.serve({ url: 'labels', settings })).status).toBe(402)
    expect((await database.serve({ url: 'todos', settings })).status).toBe(200)
  })

  test('is not served at all where that function is missing', async () => {
    for (const pre_request of ['public.gone', 'not.a.name', '']) {
      const reply = await json({ url: 'labels', settings: { pre_request } })
      expect(reply).toMatchObject({ status: 500, body: { code: 'DB9510' } })
    }
  })

  test('a function’s own time holds, the longer one too', async () => {
    await database.sql(`
      create function public.patient() returns text language sql stable set statement_timeout = '6s'
        return current_setting('statement_timeout')`)
    await database.refresh()
    expect((await json({ url: 'rpc/patient', session: { role: 'anon' } })).body).toBe('6s')
  })

  test.each([
    [
      'a function is set to',
      "alter function public.level() set default_transaction_isolation = 'serializable'",
      'serializable',
    ],
    [
      'the role is set to',
      "alter role anon set default_transaction_isolation = 'repeatable read'",
      'repeatable read',
    ],
    ['nothing is set', 'select 1', 'read committed'],
  ])('has the level of isolation that %s', async (_, change, level) => {
    await database.sql(`
      create or replace function public.level() returns text language sql stable
        return current_setting('transaction_isolation');
      ${change}`)
    try {
      await database.refresh()
      expect((await json({ url: 'rpc/level', session: { role: 'anon' } })).body).toBe(level)
    } finally {
      await database.sql('alter role anon reset default_transaction_isolation')
      await database.refresh()
    }
  })

  test('a shorter time of the role holds', async () => {
    await database.sql("alter role authenticated set statement_timeout = '2500ms'")
    try {
      await database.refresh()
      const timeout = async (role: 'anon' | 'authenticated') =>
        (await json({ url: 'rpc/context', session: { role } })).body.timeout
      expect([await timeout('anon'), await timeout('authenticated')]).toEqual(['3s', '2500ms'])
    } finally {
      await database.sql('alter role authenticated reset statement_timeout')
      await database.refresh()
    }
  })

  test('is what the role is set to, but for who asks and how far it may go', async () => {
    await database.sql(`
      alter role anon set work_mem = '7MB';
      alter role anon set timezone = 'Asia/Kolkata';
      alter role anon set search_path = 'nowhere';
      alter role anon set row_security = 'off';
      alter role anon set client_encoding = 'LATIN1';
      alter role anon set default_transaction_read_only = 'on';
      alter role anon set lock_timeout = '1h';
      alter role anon set deadlock_timeout = '9s'`)
    try {
      await database.refresh()
      const names = ['work_mem', 'timezone', 'search_path', 'row_security', 'client_encoding', 'lock_timeout']
      const reply = await json({ url: `rpc/settings?names={${names}}` })
      expect(reply.body).toEqual([
        '7MB',
        'Asia/Kolkata',
        '"public", "extensions", "pg_temp"',
        'on',
        'UTF8',
        '2s',
      ])
      const asked = {
        url: 'rpc/settings?names={work_mem,timezone}',
        headers: { prefer: 'timezone=Asia/Tokyo' },
      }
      expect((await json(asked)).body).toEqual(['7MB', 'Asia/Tokyo'])
      const user = await json({ url: 'rpc/settings?names={work_mem}', session: { role: 'authenticated' } })
      expect(user.body).toEqual(['4MB'])
      expect((await json({ method: 'POST', url: 'labels', body: '{"id":77}' })).status).toBe(201)
    } finally {
      await database.sql('alter role anon reset all')
      await database.refresh()
    }
  })

  test('a shorter time of a function holds from the start', () => {
    const batch = toBatch(database.plan({ url: 'rpc/slow' }), SESSION, SETTINGS, 'v')
    expect(batch.statements[0]?.params).toContain('1000')
  })

  test('an invalid time zone is refused', async () => {
    const reply = await json({ url: 'labels', headers: { prefer: 'timezone=Mars/Base' } })
    expect(reply).toMatchObject({ status: 400, body: { code: '22023' } })
  })
})
