/** Casts to types that a key does not list: each answers as a type that does not exist. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RestResponse } from './contract.ts'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'

const SCHEMA = `
create type public.grade as enum ('low', 'top');
create domain public.ssn as text check (value ~ '^[0-9]+$');
create type public.rating as enum ('good', 'bad');
create domain public.slug as text check (value ~ '^[a-z-]+$');
create table public.posts (id int primary key, title text, rating public.rating, slug public.slug, ratings public.rating[]);
create table public.secrets (id int primary key, post_id int, ssn public.ssn, grade public.grade);
create view public.secret_view with (security_invoker = true) as select id, ssn from public.secrets;
create materialized view public.secret_sums as select count(*) as n from public.secrets;
alter table public.posts enable row level security;
alter table public.secrets enable row level security;
create policy anyone on public.posts using (true);
create policy anyone on public.secrets using (true);
insert into public.posts values (1, '(1,2,3,top)', 'good', 'a-b', '{good}');
create function public.reached(text) returns public.secrets language plpgsql security definer as $$
begin raise exception 'the cast was reached'; end $$;
create cast (text as public.secrets) with function public.reached(text);
create schema private;
create type private.level as enum ('x');
grant usage on schema private to anon;
`

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL + SCHEMA)
})
afterAll(() => database.close())

const policy = { exposedTables: ['posts'] }
const cast = (type: string, column = 'title'): Promise<RestResponse> =>
  database.serve({ url: `posts?select=x:${column}::${encodeURIComponent(type)}`, policy })

test.each([
  ['a row type', 'secrets'],
  ['an array of rows', '_secrets'],
  ['the row type of a view', 'secret_view'],
  ['the row type of a materialized view', 'secret_sums'],
  ['an enum', 'grade'],
  ['an array of an enum', '_grade'],
  ['a domain', 'ssn'],
  ['the row type of the listed table itself', 'posts'],
  ['a type of another schema', 'level'],
  ['a type that looks names up', 'regclass'],
  ['an array of that', '_regclass'],
  ['a type that tells of roles', 'aclitem'],
  ['a pseudo-type', 'record'],
  ['a type of Postgres’ own tables', 'pg_authid'],
  ['a temporary table', 'pg_temp'],
])('%s answers as none', async (_, type) => {
  const absent = await cast('absent')
  const reply = await cast(type)
  expect(JSON.parse(reply.body)).toMatchObject({ code: '42704', message: `type "${type}" does not exist` })
  expect({ ...reply, body: reply.body.replaceAll(type, 'absent') }).toEqual(absent)
})

test('each is refused before anything is asked of Postgres', () => {
  for (const type of ['secrets', 'grade', 'absent']) {
    expect(() => database.plan({ url: `posts?select=title::${type}`, policy })).toThrow(
      expect.objectContaining({ code: '42704' }),
    )
    expect(() =>
      database.plan({
        url: `posts?select=id.max()::${type}`,
        policy,
        settings: { aggregates_enabled: true },
      }),
    ).toThrow(expect.objectContaining({ code: '42704' }))
  }
})

test.each([
  ['rating', 'rating', 'good'],
  ['slug', 'slug', 'a-b'],
  ['_rating', 'ratings', ['good']],
  ['text', 'rating', 'good'],
  ['_text', 'ratings', ['good']],
  ['INT8', 'id', 1],
  ['double precision', 'id', 1],
])('a cast to %s, which a listed column has or Postgres brings, is made', async (type, column, value) => {
  const reply = await cast(type, column)
  expect([reply.status, JSON.parse(reply.body)]).toEqual([200, [{ x: value }]])
})

test('a cast of the owner’s own is reached where its type is listed', async () => {
  await database.sql('alter table public.posts add column copy public.secrets')
  await database.refresh()
  const listed = { exposedTables: ['posts', 'secrets'] }
  const reply = await database.serve({ url: 'posts?select=x:title::secrets', policy: listed })
  expect(JSON.parse(reply.body)).toMatchObject({ message: 'the cast was reached' })
  expect(JSON.parse((await cast('secrets')).body)).toMatchObject({ code: '42704' })
})

test('for any name the answer is that of a listed or built-in type, or of none', async () => {
  const { rows } = await names()
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...rows), async (name) => {
      const reply = await cast(name)
      const { code, message } = reply.status === 200 ? { code: '', message: '' } : JSON.parse(reply.body)
      if (code === '42704') expect(message).toBe(`type "${name.toLowerCase()}" does not exist`)
      else expect(`${message}`).not.toMatch(/secret|grade|ssn|level/)
    }),
    { numRuns: 300 },
  )
})

async function names(): Promise<{ rows: string[] }> {
  const rows = await database.sql(
    "select distinct typname from pg_type where typname ~ '^[a-z_0-9]+$' order by typname",
  )
  return { rows: rows.map(({ typname }) => String(typname)) }
}
