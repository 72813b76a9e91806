import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QueryError } from './errors.ts'
import { assertRoleWall } from './policy/role-wall.ts'
import { toBatch } from './sql/statement.ts'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import { POLICY, SESSION, SETTINGS, type TestRequest } from './testing/requests.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL)
})
afterAll(() => database.close())

const json = async (request: TestRequest) => {
  const { status, body } = await database.serve(request)
  return { status, body: body === '' ? null : JSON.parse(body) }
}

function sqlOf(request: TestRequest) {
  const batch = toBatch(database.plan(request), SESSION, { ...SETTINGS, ...request.settings }, 'v')
  return batch.statements.at(-1) ?? { text: '', params: [] }
}

describe('a write that is refused', () => {
  test.each([
    ['max-affected', { prefer: 'handling=strict, max-affected=1' }, 400],
    ['a single object', { accept: 'application/vnd.pgrst.object+json' }, 406],
  ])('by %s changes nothing', async (_, headers, status) => {
    const before = await database.sql('select id, priority from todos order by id')
    const response = await database.serve({
      method: 'PATCH',
      url: 'todos?id=gt.0',
      body: '{"priority":77}',
      headers,
    })
    expect(response.status).toBe(status)
    expect(await database.sql('select id, priority from todos order by id')).toEqual(before)
  })

  test('by a PUT of another row changes nothing', async () => {
    const response = await database.serve({
      method: 'PUT',
      url: 'composite_key?a=eq.1&b=eq.x',
      body: '{"a":5,"b":"y"}',
    })
    expect(response.status).toBe(400)
    expect(await database.sql('select a from composite_key')).toEqual([{ a: 1 }])
  })

  test('by the size of its reply changes nothing', async () => {
    const settings = { caps: { ...SETTINGS.caps, response_bytes: 40 } }
    const headers = { prefer: 'return=representation' }
    const body = `{"id":90,"label":"${'x'.repeat(40)}"}`
    expect(await json({ method: 'POST', url: 'labels', body, headers, settings })).toMatchObject({
      status: 422,
      body: { code: 'DB9108' },
    })
    expect(await database.sql('select from labels where id = 90')).toEqual([])
  })
})

describe('a reply that a function asks for and that is none', () => {
  test.each([
    ['response.headers', 'no json', 'PGRST111'],
    ['response.headers', '{"a": "b"}', 'PGRST111'],
    ['response.headers', '[{"a": "b", "c": "d"}]', 'PGRST111'],
    ['response.headers', '[{"a": 1}]', 'PGRST111'],
    ['response.headers', '[1]', 'PGRST111'],
    ['response.status', 'many', 'PGRST112'],
    ['response.status', '199', 'PGRST112'],
  ])('undoes what the function did: %s is %s', async (setting, value, code) => {
    const body = JSON.stringify({ setting, value })
    const reply = await json({ method: 'POST', url: 'rpc/bad_reply', body })
    expect(reply).toMatchObject({ status: 500, body: { code } })
    expect(await database.sql('select from labels where id = 500')).toEqual([])
  })
})

describe('a plan', () => {
  const settings = { plan_enabled: true }

  test('tells how Postgres would come by the rows, in lines', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan' }
    const { body } = await database.serve({ url: 'labels?id=eq.1', settings, headers })
    expect(body).toMatch(/^Aggregate {2}\(cost=.*\n(?:.*\n)*.*Scan.* on labels/)
  })

  test('of a write does not write', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan+json; options=verbose' }
    const { body } = await database.serve({ method: 'DELETE', url: 'composite_key', settings, headers })
    expect(JSON.parse(body)[0].Plan['Node Type']).toBeDefined()
    expect(await database.sql('select a from composite_key')).toEqual([{ a: 1 }])
  })

  test('that is analysed is carried out, as the caller', async () => {
    const headers = { accept: 'application/vnd.pgrst.plan+json; options=analyze' }
    const { status } = await database.serve({ url: 'dropped', settings, headers })
    expect(status).toBe(404)
    const reply = await database.serve({ url: 'labels', settings, headers })
    expect(JSON.parse(reply.body)[0]).toHaveProperty('Execution Time')
  })
})

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

describe('what SQL knows of the request', () => {
  beforeAll(async () => {
    await database.sql(`
      create function public.context() returns json language sql stable return json_build_object(
        'role', current_user, 'uid', auth.uid(), 'claims', current_setting('request.jwt.claims')::json,
        'method', current_setting('request.method'), 'path', current_setting('request.path'),
        'headers', current_setting('request.headers')::json, 'cookies', current_setting('request.cookies')::json,
        'search_path', current_setting('search_path'), 'timeout', current_setting('statement_timeout'),
        'timezone', current_setting('timezone'), 'read_only', current_setting('transaction_read_only'),
        'row_security', current_setting('row_security'));
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
    const batch = { readOnly: true, rollback: false }
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

  test('a shorter time of a function holds from the start', () => {
    const batch = toBatch(database.plan({ url: 'rpc/slow' }), SESSION, SETTINGS, 'v')
    expect(batch.statements[0]?.params).toContain('1000')
  })

  test('an invalid time zone is refused', async () => {
    const reply = await json({ url: 'labels', headers: { prefer: 'timezone=Mars/Base' } })
    expect(reply).toMatchObject({ status: 400, body: { code: '22023' } })
  })
})

describe('a schema that changes', () => {
  test('never lets a stale plan read another table', async () => {
    await database.sql(`
      create table public.open_notes (id int, note text);
      create table public.closed_notes (id int, note text);
      insert into public.open_notes values (1, 'open');
      insert into public.closed_notes values (1, 'closed');
      alter table public.open_notes enable row level security;
      alter table public.closed_notes enable row level security;
      create policy p on public.open_notes using (true);
      create policy p on public.closed_notes using (true);`)
    await database.refresh()
    const request = { url: 'open_notes', policy: { exposedTables: ['open_notes'] } }
    expect((await json(request)).body).toEqual([{ id: 1, note: 'open' }])
    await database.sql(`begin;
      alter table public.open_notes rename to swapped;
      alter table public.closed_notes rename to open_notes;
      alter table public.swapped rename to closed_notes; commit`)
    expect(await json(request)).toMatchObject({ status: 503, body: { code: 'DB9502' } })
    const retried = await database.serve(request, { refresh: true })
    expect(JSON.parse(retried.body)).toEqual([{ id: 1, note: 'closed' }])
  })

  test('is seen by the request right after it', async () => {
    await database.sql('alter table public.labels add column shade text')
    const request = { url: 'labels?select=id&shade=is.null&id=eq.1' }
    expect((await database.serve(request)).status).toBe(400)
    const retried = await database.serve(request, { refresh: true })
    expect(JSON.parse(retried.body)).toEqual([{ id: 1 }])
  })

  test('is noticed where a column that the plan knew is gone', async () => {
    await database.sql('alter table public.labels drop column shade')
    const reply = await database.serve({ url: 'labels?select=id,shade' }, { refresh: true })
    expect(JSON.parse(reply.body)).toMatchObject({
      code: '42703',
      message: 'column labels.shade does not exist',
    })
    expect((await json({ url: 'labels?select=id&id=eq.1' })).status).toBe(200)
  })
})

describe('the role wall', () => {
  test('stands where the login reaches anon and authenticated alone', () => {
    expect(() => assertRoleWall(database.catalog)).not.toThrow()
  })

  test.each([
    ['grant admin to anon', 'revoke admin from anon', 'The role "admin" is granted to "anon".'],
    ['alter role anon bypassrls', 'alter role anon nobypassrls', 'The role "anon" is BYPASSRLS.'],
    [
      'create role boss; grant boss to authenticated; grant pg_read_all_data to boss',
      'drop role boss',
      'The role "boss" is granted to "authenticated".',
    ],
  ])('names what moved it: %s', async (move, undo, details) => {
    await database.sql(move)
    try {
      await database.refresh()
      expect(() => assertRoleWall(database.catalog)).toThrow(
        expect.objectContaining({ status: 503, code: 'DB9501', details }),
      )
    } finally {
      await database.sql(undo)
      await database.refresh()
    }
  })
})

describe('names of extensions', () => {
  test('are absent', async () => {
    const { catalog } = database
    const hostile = structuredClone([...catalog.relations.values()].find(({ name }) => name === 'labels'))
    if (hostile === undefined) throw new Error('no labels')
    const relation = { ...hostile, ofExtension: true }
    const relationsByName = new Map(catalog.relationsByName).set('public\0labels', relation)
    database.catalog = { ...catalog, relationsByName }
    try {
      expect((await database.serve({ url: 'labels' })).status).toBe(404)
    } finally {
      database.catalog = catalog
    }
  })
})

describe('hidden and closed schemas', () => {
  test.each(['auth', 'db9', 'extensions', 'pg_catalog', 'information_schema'])(
    '%s is never exposed',
    async (schema) => {
      const policy = { ...POLICY, exposedSchemas: ['public', schema], requireRls: false }
      const reply = await json({ url: 'secrets', policy, headers: { 'accept-profile': schema } })
      expect(reply).toMatchObject({ status: 406, body: { code: 'PGRST106' } })
    },
  )
})

describe('SQL text', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom("'; drop table todos; --", '$1', '{"a"}', '"'),
  )
  const encode = (text: string) => encodeURIComponent(text.toWellFormed().replaceAll('\0', ''))

  test('is the same for the same shape, whatever the values', () => {
    fc.assert(
      fc.property(value, value, fc.array(value, { maxLength: 5 }), fc.nat(), (a, b, items, limit) => {
        const list = items.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')
        const shape = (x: string, y: string, z: string, n: number): TestRequest => ({
          url: `todos?select=id,users(name)&title=eq.${encode(x)}&data->>k=like.${encode(y)}&title=in.(${encode(z)})&limit=${n}`,
        })
        const one = sqlOf(shape(a, b, list, limit))
        expect(one.text).toBe(sqlOf(shape('x', 'y', 'z', 1)).text)
        expect(sqlOf(shape(a, b, list, limit))).toEqual(one)
      }),
    )
  })

  test('holds no byte of the input outside quoted identifiers', () => {
    const marker = 'zqmarkerqz'
    const places = [
      `todos?title=eq.${marker}`,
      `todos?data->${marker}->>${marker}=eq.1`,
      `todos?select=${marker}:id,users(name)&users.name=in.(${marker})`,
      `todos?select=data->>${marker}`,
      `todos?select=id::${marker}`,
      `todos?title=fts(${marker}).${marker}`,
      `todos?or=(title.like.*${marker}*,data->>${marker}.isdistinct.${marker})`,
      `todos?order=data->${marker}`,
      `rpc/todos_of?owner=${marker}`,
    ]
    for (const url of places) {
      const outside = sqlOf({ url }).text.replace(/"(?:[^"]|"")*"/g, '')
      expect(outside, url).not.toContain(marker)
    }
    const body = JSON.stringify({ title: marker, data: { [marker]: marker } })
    expect(sqlOf({ method: 'POST', url: 'todos', body }).text).not.toContain(marker)
    expect(sqlOf({ method: 'PATCH', url: `todos?title=eq.${marker}`, body }).text).not.toContain(marker)
  })

  test('quotes names that try to leave their quotes', () => {
    const { text } = sqlOf({ url: `todos?select=${encodeURIComponent('"a\\"; drop table todos; --"')}:id` })
    expect(text).toContain('AS "a""; drop table todos; --"')
  })
})

describe('random requests', () => {
  const column = fc.constantFrom(
    'id',
    'title',
    'done',
    'priority',
    'user_id',
    'data',
    '"due at"',
    'created_at',
    'full_title',
    'data->a',
    'data->>n',
    'nope',
  )
  const literal = fc.constantFrom(
    '1',
    'x',
    '{1,2}',
    '{}',
    '[1,2)',
    'true',
    '2026-01-01',
    '',
    '"',
    '(1)',
    '%25',
    '*',
  )
  const test1 = fc.oneof(
    fc
      .tuple(
        fc.constantFrom(
          'eq',
          'neq',
          'gt',
          'lte',
          'like',
          'imatch',
          'cs',
          'cd',
          'ov',
          'sl',
          'adj',
          'isdistinct',
          'fts',
          'plfts(english)',
          'eq(any)',
          'like(all)',
        ),
        literal,
      )
      .map(([o, v]) => `${o}.${v}`),
    fc.constantFrom('is.null', 'is.true', 'is.not_null', 'in.(1,2)', 'in.(a,"b,c")', 'in.()'),
  )
  const not = fc.constantFrom('', 'not.')
  const filter = fc.tuple(column, not, test1).map(([c, n, t]) => `${c}=${n}${t}`)
  const tree = fc
    .array(fc.tuple(column, not, test1), { minLength: 1, maxLength: 3 })
    .map((items) => `or=(${items.map(([c, n, t]) => `${c}.${n}${t}`).join(',')})`)
  const item = fc.oneof(
    column,
    fc.constantFrom(
      '*',
      'users(*)',
      'users(name,profiles(*))',
      'labels(label)',
      '...users(name)',
      'users!inner(name)',
      'count()',
      'priority.sum()',
      'id::text',
      'x:title',
      'users()',
      'nope(*)',
    ),
  )
  const select = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => `select=${items.join(',')}`)
  const order = fc
    .tuple(column, fc.constantFrom('', '.desc', '.asc.nullsfirst'))
    .map(([c, d]) => `order=${c}${d}`)
  const paging = fc.constantFrom(
    'limit=1',
    'offset=2',
    'limit=0',
    'users.limit=1',
    'users.name=eq.Ada',
    'users=is.null',
    'order=users(name)',
  )
  const parameters = fc.array(fc.oneof(filter, tree, select, order, paging), { maxLength: 5 })
  const write = fc.constantFrom(
    '{"title":"t"}',
    '{"priority":"x"}',
    '[]',
    '{}',
    '[{"title":"a"},{"title":"b"}]',
    '{"user_id":99}',
    '5',
    '',
  )
  const prefer = fc.constantFrom(
    'return=representation',
    'count=exact',
    'return=headers-only,missing=default',
    'resolution=merge-duplicates,return=representation',
    '',
  )

  test('never fail with 500', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE'),
        parameters,
        write,
        prefer,
        async (method, query, body, preference) => {
          const url = `todos?${query.join('&').replaceAll('%25', '%2525')}`
          const request = {
            method,
            url,
            headers: { prefer: preference },
            ...(method === 'GET' ? {} : { body }),
          }
          const response = await database.serve(request, { rollback: true })
          expect(response.status, `${method} ${url} ${response.body}`).toBeLessThan(500)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)
})

test('planning throws nothing but its own error', () => {
  const name = fc.oneof(
    fc.constantFrom('todos', 'users', 'id', 'name', 'constructor', '__proto__', 'toString'),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(name, name, name, (table, column, embed) => {
      const part = (text: string) => encodeURIComponent(text.toWellFormed())
      const url = `${part(table)}?select=${part(column)},${part(embed)}(*)&${part(column)}=eq.1&order=${part(column)}`
      try {
        database.plan({ url })
      } catch (error) {
        expect(error).toBeInstanceOf(QueryError)
      }
    }),
  )
})
