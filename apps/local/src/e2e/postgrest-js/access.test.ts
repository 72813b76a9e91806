import { PostgrestClient } from '@supabase/postgrest-js'
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../../testing/identity.ts'
import { expectStatus, startTestStack, type TestDatabase, type TestStack } from '../../testing/stack.ts'

const SCHEMA = `
  create table notes (
    id bigint generated always as identity primary key,
    owner text not null default auth.user_id(),
    title text not null,
    stars int not null default 0,
    tags text[] not null default '{}',
    detail jsonb,
    unique (owner, title)
  );
  alter table notes enable row level security;
  create policy readable on notes for select using (owner = 'public' or owner = auth.user_id());
  create policy writable on notes for all to authenticated using (owner = auth.user_id()) with check (owner = auth.user_id());
`

const SEED = `
  truncate notes restart identity;
  insert into notes (owner, title, stars, tags, detail) values
    ('public', 'Hello', 3, '{a,b}', '{"colour": "red"}'),
    ('public', 'World', 1, '{b}', null),
    ('ada', 'Engine', 5, '{}', '{"year": 1837}'),
    ('bob', 'Secret', 9, '{}', null);
`

let stack: TestStack
let idp: TestIdentityProvider
let database: TestDatabase
let key: string
let anon: PostgrestClient
let ada: PostgrestClient

beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
  database = await stack.createDatabase('notes', SCHEMA)
  key = (await stack.createKey(database.id, { rate_limit: { rps: 1000, burst: 1000 } })).value
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(
    200,
    await stack.api('PUT', `/databases/${database.id}/auth-config`, { auth_mode: 'byo_jwt', byo_jwt }),
  )
  const url = `${stack.url}/db/${database.id}/rest/v1`
  anon = new PostgrestClient(url, { headers: { apikey: key } })
  ada = new PostgrestClient(url, {
    headers: { apikey: key, Authorization: `Bearer ${await idp.token('ada')}` },
  })
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})
beforeEach(async () => {
  expectStatus(200, await stack.sql(database.id, SEED))
})

describe('a visitor without a token', () => {
  test('selects what row level security shows, and nothing else', async () => {
    const { data, error, status } = await anon.from('notes').select('title, stars').order('title')
    expect(error).toBeNull()
    expect(status).toBe(200)
    expect(data).toEqual([
      { title: 'Hello', stars: 3 },
      { title: 'World', stars: 1 },
    ])
  })

  test.each([
    ['eq', (q: Query) => q.eq('title', 'Hello'), ['Hello']],
    ['neq', (q: Query) => q.neq('title', 'Hello'), ['World']],
    ['gt', (q: Query) => q.gt('stars', 1), ['Hello']],
    ['lte', (q: Query) => q.lte('stars', 1), ['World']],
    ['like', (q: Query) => q.like('title', 'H%'), ['Hello']],
    ['ilike', (q: Query) => q.ilike('title', '%WORLD'), ['World']],
    ['in', (q: Query) => q.in('title', ['World', 'with, comma']), ['World']],
    ['is', (q: Query) => q.is('detail', null), ['World']],
    ['not', (q: Query) => q.not('detail', 'is', null), ['Hello']],
    ['or', (q: Query) => q.or('stars.eq.1,title.eq.Hello'), ['Hello', 'World']],
    ['contains', (q: Query) => q.contains('tags', ['a']), ['Hello']],
    ['json path', (q: Query) => q.eq('detail->>colour', 'red'), ['Hello']],
    ['match', (q: Query) => q.match({ title: 'World', stars: 1 }), ['World']],
  ])('filters with %s', async (_, filter, titles) => {
    const { data, error } = await filter(anon.from('notes').select('title')).order('title')
    expect(error).toBeNull()
    expect(data).toEqual(titles.map((title) => ({ title })))
  })

  test('orders, limits and pages with an exact count', async () => {
    const { data, count, status } = await anon
      .from('notes')
      .select('title', { count: 'exact' })
      .order('stars', { ascending: false })
      .range(0, 0)
    expect(status).toBe(206)
    expect(data).toEqual([{ title: 'Hello' }])
    expect(count).toBe(2)
    const second = await anon
      .from('notes')
      .select('title')
      .order('stars', { ascending: false })
      .limit(1)
      .range(1, 1)
    expect(second.data).toEqual([{ title: 'World' }])
  })

  test('counts without a body', async () => {
    const { data, count } = await anon.from('notes').select('*', { count: 'exact', head: true })
    expect(data).toBeNull()
    expect(count).toBe(2)
  })

  test('gets one row as an object, and PGRST116 where there is not exactly one', async () => {
    const one = await anon.from('notes').select('title').eq('title', 'Hello').single()
    expect(one.data).toEqual({ title: 'Hello' })
    const many = await anon.from('notes').select('title').single()
    expect(many.status).toBe(406)
    expect(many.error).toMatchObject({ code: 'PGRST116', details: 'The result contains 2 rows' })
    const none = await anon.from('notes').select('title').eq('title', 'Secret').maybeSingle()
    expect(none).toMatchObject({ data: null, error: null })
  })

  test('may not insert, and no row appears', async () => {
    const { error, status } = await anon.from('notes').insert({ owner: 'public', title: 'Graffiti' })
    expect(status).toBe(401)
    expect(error).toMatchObject({ code: '42501' })
    expect(await titles()).not.toContain('Graffiti')
  })

  test('updates and deletes nothing that it may not write', async () => {
    const update = await anon.from('notes').update({ stars: 0 }).eq('title', 'Hello').select()
    expect(update).toMatchObject({ error: null, data: [] })
    const remove = await anon.from('notes').delete().gte('stars', 0)
    expect(remove).toMatchObject({ error: null, status: 204 })
    expect(await titles()).toEqual(['Engine', 'Hello', 'Secret', 'World'])
  })
})

describe('a signed-in user', () => {
  test('sees public rows and their own, never another user’s', async () => {
    const { data } = await ada.from('notes').select('title').order('title')
    expect(data).toEqual([{ title: 'Engine' }, { title: 'Hello' }, { title: 'World' }])
  })

  test('inserts, and the row is theirs by auth.user_id()', async () => {
    const { data, error, status } = await ada
      .from('notes')
      .insert({ title: 'Notes on the engine' })
      .select()
      .single()
    expect(error).toBeNull()
    expect(status).toBe(201)
    expect(data).toMatchObject({ owner: 'ada', title: 'Notes on the engine', stars: 0, tags: [] })
    const minimal = await ada.from('notes').insert([{ title: 'One' }, { title: 'Two' }])
    expect(minimal).toMatchObject({ status: 201, data: null, error: null })
    expect(await titles()).toEqual(expect.arrayContaining(['One', 'Two']))
  })

  test('may not insert for somebody else, and no row appears', async () => {
    const { error, status } = await ada.from('notes').insert({ owner: 'bob', title: 'Forged' })
    expect(status).toBe(403)
    expect(error).toMatchObject({ code: '42501' })
    expect(await titles()).not.toContain('Forged')
  })

  test('upserts on a unique constraint: one row, changed', async () => {
    const merge = await ada
      .from('notes')
      .upsert({ owner: 'ada', title: 'Engine', stars: 6 }, { onConflict: 'owner,title' })
      .select('title, stars')
    expect(merge).toMatchObject({ error: null, status: 200, data: [{ title: 'Engine', stars: 6 }] })
    const ignore = await ada
      .from('notes')
      .upsert(
        { owner: 'ada', title: 'Engine', stars: 1 },
        { onConflict: 'owner,title', ignoreDuplicates: true },
      )
      .select('title')
    expect(ignore).toMatchObject({ error: null, data: [] })
    const { data } = await ada.from('notes').select('stars').eq('title', 'Engine').single()
    expect(data).toEqual({ stars: 6 })
  })

  test('updates and deletes their own rows alone', async () => {
    const update = await ada.from('notes').update({ stars: 7 }).gte('stars', 0).select('title')
    expect(update.data).toEqual([{ title: 'Engine' }])
    const remove = await ada.from('notes').delete().gte('stars', 0).select('title')
    expect(remove.data).toEqual([{ title: 'Engine' }])
    expect(await titles()).toEqual(['Hello', 'Secret', 'World'])
  })

  test('a duplicate is 409 with Postgres’ code, and nothing changes', async () => {
    const { error, status } = await ada.from('notes').insert([{ title: 'New' }, { title: 'Engine' }])
    expect(status).toBe(409)
    expect(error?.code).toBe('23505')
    expect(await titles()).not.toContain('New')
  })
})

describe('errors have PostgREST’s shape', () => {
  test('an unknown table', async () => {
    const { error, status } = await anon.from('nothing').select()
    expect(status).toBe(404)
    expect(error).toMatchObject({
      code: 'PGRST205',
      message: "Could not find the table 'public.nothing' in the schema cache",
    })
  })

  test('an unknown column', async () => {
    const { error, status } = await anon.from('notes').select('nope')
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: '42703', message: 'column notes.nope does not exist' })
  })

  test('an unknown column in an insert', async () => {
    const { error, status } = await ada.from('notes').insert([{ nope: 1 }])
    expect(status).toBe(400)
    expect(error).toMatchObject({
      code: 'PGRST204',
      message: "Could not find the 'nope' column of 'notes' in the schema cache",
    })
  })

  test('a value of the wrong type', async () => {
    const { error, status } = await anon.from('notes').select().eq('stars', 'many')
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: '22P02', message: 'invalid input syntax for type integer: "many"' })
  })
})

test('supabase-js works unchanged, with its accessToken option', async () => {
  const token = await idp.token('ada')
  const client = createClient(`${stack.url}/db/${database.id}`, key, { accessToken: async () => token })
  const { data, error } = await client.from('notes').select('title').eq('owner', 'ada')
  expect(error).toBeNull()
  expect(data).toEqual([{ title: 'Engine' }])
})

type Query = ReturnType<ReturnType<PostgrestClient['from']>['select']>

async function titles(): Promise<string[]> {
  const { json } = expectStatus(200, await stack.sql(database.id, 'select title from notes order by title'))
  return json.rows.map(([title]: [string]) => title)
}
