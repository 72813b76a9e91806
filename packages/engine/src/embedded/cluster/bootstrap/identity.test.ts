/** The functions of schema auth: who sent a request, as SQL sees it, with any search_path and from any release. */
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminVerifier, catalogVersion, clientOf, query } from '../../../testing/databases.ts'
import { makeEarlier } from '../../../testing/earlier-schemas.ts'
import { startTestDatabase, type TestDatabase } from '../../../testing/engine.ts'
import type { EmbeddedEngine } from '../../embedded-engine.ts'

const ADA = '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11'
const claimsOf = (claims: object) => `set request.jwt.claims = '${JSON.stringify(claims)}'`

let database: TestDatabase
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  database = await startTestDatabase()
  ;({ engine, id } = database)
})
afterAll(() => database?.dispose())

describe('a caller with a UUID for a subject', () => {
  const TABLE =
    'create table t (id bigint generated always as identity primary key, user_id uuid, shared_with uuid[]);'

  test.each([
    ['default of a uuid column', 'create table a (owner uuid not null default auth.uid())'],
    [
      'a SQL function with an empty search_path',
      `create function mine() returns setof t language sql stable set search_path = '' as
        $$ select * from public.t where user_id = auth.uid() $$`,
    ],
    [
      'a uuid parameter',
      `create function has_role(u uuid, r text) returns boolean language sql stable as $$ select false $$;
       create policy q on t for select using (has_role(auth.uid(), 'admin'))`,
    ],
    ['<>', 'create policy q on t for select using (auth.uid() <> user_id)'],
    [
      'coalesce',
      `create policy q on t using (coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000'::uuid) = user_id)`,
    ],
    [
      'case',
      'create policy q on t using (user_id = case when auth.uid() is null then null::uuid else auth.uid() end)',
    ],
    ['a returned uuid', 'create function me() returns uuid language sql stable as $$ select auth.uid() $$'],
    ['an array', 'create policy q on t for select using (shared_with @> array[auth.uid()])'],
    ['a union', 'create view w as select user_id as u from t union select auth.uid()'],
    ['a text column', 'create table n (id int primary key, owner text default auth.user_id())'],
    ['the claim email', 'create policy q on t for select using (auth.email() = user_id::text)'],
  ])('may be compared and stored: %s', async (_, text) => {
    const client = await clientOf(engine, id)
    await client.query(`begin; ${TABLE} ${text}; rollback`)
    await client.end()
  })

  test.each(["''", 'public', 'pg_catalog', 'pg_temp'])(
    'is told the same with search_path = %s, in SQL and in PL/pgSQL',
    async (path) => {
      const client = await clientOf(engine, id)
      await client.query(`begin; ${TABLE} insert into t (user_id) values ('${ADA}')`)
      await client.query(claimsOf({ sub: ADA, email: 'ada@example.com', role: 'authenticated' }))
      await client.query(`
        create type pg_temp.uuid as (a int);
        create function pg_temp.nullif(text, text) returns text language sql as $$ select 'stolen' $$;
        create function mine() returns bigint language plpgsql stable set search_path = ${path} as
          $$ begin return (select count(*) from public.t where user_id = auth.uid()); end $$`)
      await client.query(`set local search_path = ${path}`)
      const { rows } = await client.query({
        rowMode: 'array',
        text: `select public.mine()::int, auth.uid()::text, auth.user_id(), auth.email(), auth.role(),
                      auth.jwt() = auth.session(), pg_typeof(auth.uid()) = 'pg_catalog.uuid'::regtype`,
      })
      expect(rows).toEqual([[1, ADA, ADA, 'ada@example.com', 'authenticated', true, true]])
      await client.query('rollback')
      await client.end()
    },
  )

  test('is inserted by a function that stores auth.uid()', async () => {
    const client = await clientOf(engine, id)
    await client.query(`begin; ${TABLE} ${claimsOf({ sub: ADA })};
      create function add_mine() returns uuid language plpgsql as $$
        declare found uuid;
        begin insert into public.t (user_id) values (auth.uid()) returning user_id into found; return found; end $$`)
    expect((await client.query('select add_mine()')).rows).toEqual([{ add_mine: ADA }])
    await client.query('rollback')
    await client.end()
  })
})

test('a subject that is no UUID raises 22P02 from auth.uid(), which names auth.user_id()', async () => {
  const client = await clientOf(engine, id)
  for (const subject of ['auth0|42', '', 'é'.repeat(200)]) {
    await client.query("select set_config('request.jwt.claims', $1, false)", [
      JSON.stringify({ sub: subject }),
    ])
    expect((await client.query('select auth.user_id() as id')).rows).toEqual([{ id: subject }])
    await expect(client.query('select auth.uid()')).rejects.toMatchObject({
      code: '22P02',
      hint: expect.stringContaining('auth.user_id()'),
    })
  }
  await client.end()
})

test('without claims each function gives null', async () => {
  const text =
    'select auth.uid(), auth.user_id(), auth.email(), auth.role(), auth.jwt(), auth.session(), auth.subject_as_uuid(null)'
  expect(await query(engine, id, text)).toEqual([[null, null, null, null, null, null, null]])
})

test('anon may ask who it is, and change nothing of it', async () => {
  const client = await clientOf(engine, id, { user: 'authenticator' })
  await client.query(`set role anon; ${claimsOf({ sub: ADA })}`)
  expect((await client.query('select auth.uid() as id')).rows).toEqual([{ id: ADA }])
  for (const text of [
    `create or replace function auth.uid() returns uuid language sql as $$ select null::uuid $$`,
    'drop function auth.subject_as_uuid(text) cascade',
    'create table auth.mine (id int)',
  ])
    await expect(client.query(text)).rejects.toMatchObject({ code: '42501' })
  await client.end()
})

describe('a database of an earlier release', () => {
  let old: string
  beforeEach(async () => {
    old = newId('database')
    await engine.create({ id: old, adminVerifier })
    await makeEarlier(engine, old, 3)
    expect(await typeOf('auth.uid()')).toBe('text')
  })

  const typeOf = async (call: string) => (await query(engine, old, `select pg_typeof(${call})::text`))[0]?.[0]
  const note = async () =>
    (await query(engine, old, "select obj_description('auth.uid()'::regprocedure)"))[0]?.[0]
  const restart = () => engine.stop(old)

  test('gets auth.uid() as uuid at its next start where nothing was written for the text', async () => {
    await restart()
    expect(await typeOf('auth.uid()')).toBe('uuid')
    expect(await typeOf('auth.user_id()')).toBe('text')
  })

  test.each([
    ['a default', 'create table n (owner text default auth.uid())', 'drop table n', 'policies, defaults'],
    [
      'a policy',
      `create table n (owner text); create policy p on n using (owner = auth.uid())`,
      'drop table n',
      'policies, defaults',
    ],
    [
      'the body of a function',
      `create function "odd'; --"() returns text language plpgsql as $$ begin return "auth" . "uid"(); end $$`,
      `drop function "odd'; --"()`,
      `odd'; --`,
    ],
  ])(
    'keeps the text, and says so, where it is used by %s; until that is gone',
    async (_, use, end, reason) => {
      await query(engine, old, use)
      await restart()
      expect(await typeOf('auth.uid()')).toBe('text')
      expect(await typeOf('auth.user_id()')).toBe('text')
      expect(await note()).toContain(reason)
      const before = await catalogVersion(engine, old)
      await restart()
      expect(await catalogVersion(engine, old)).toBe(before)
      await query(engine, old, end)
      await restart()
      expect(await typeOf('auth.uid()')).toBe('uuid')
      expect(await note()).not.toContain('earlier releases')
    },
  )
})
