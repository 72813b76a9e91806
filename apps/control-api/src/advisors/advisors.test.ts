import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { LINTS } from './lints.ts'

let t: TestApi
let made = 0
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

interface Finding {
  name: string
  level: string
  schema: string | null
  object: string
  remediation: string | null
}

const adviceOn = async (id: string): Promise<Finding[]> => {
  const { status, json, text } = await t.call('GET', `/databases/${id}/advisors`)
  expect(status, text).toBe(200)
  return json
}

async function databaseWith(sql: string): Promise<string> {
  made += 1
  const { id } = await t.createDatabase(`advised-${made}`)
  if (sql !== '') expect((await t.sql(id, { file_content: sql })).json.message).toBeUndefined()
  return id
}

test('a new database has nothing to mend', async () => {
  expect(await adviceOn(await databaseWith(''))).toEqual([])
})

/** A table that breaks no rule. */
const sound = (name: string, columns = '') =>
  `create table ${name} (id int primary key${columns}); alter table ${name} enable row level security;
   create policy p on ${name} for select using (true);`

/** What breaks a rule, beside what comes close; `stays`: there is no SQL that could mend it. */
const BREAKS: Record<string, { sql: string; object: string; stays?: boolean }> = {
  policy_without_rls: {
    sql: `${sound('other')} create table t (id int primary key); create policy p on t for select using (id > 1)`,
    object: 't',
  },
  rls_disabled: {
    sql: `create table "odd "" name" (id int primary key);
      create table kept (id int primary key); revoke all on kept from anon, authenticated;
      create schema hidden; create table hidden.t (id int primary key)`,
    object: 'odd " name',
  },
  view_without_security_invoker: {
    sql: `${sound('t')} create view v as select * from t; create view ok with (security_invoker = true) as select * from t`,
    object: 'v',
  },
  policy_on_user_metadata: {
    sql: `create table t (id int primary key); alter table t enable row level security;
      create policy p on t for select using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')`,
    object: 'p on t',
    stays: true,
  },
  definer_function_executable: {
    sql: `create function f(int, text) returns int language sql security definer set search_path = '' return 1;
      create function g() returns int language sql return 1;
      create function tr() returns trigger language plpgsql security definer set search_path = '' as 'begin return new; end'`,
    object: 'public.f(integer,text)',
  },
  definer_function_search_path: {
    sql: `create function f() returns int language plpgsql security definer as 'begin return 1; end';
      create function g() returns int language sql security definer return 1;
      revoke execute on function f(), g() from public, anon, authenticated`,
    object: 'public.f()',
  },
  materialized_view_reachable: { sql: 'create materialized view m as select 1 as n', object: 'm' },
  policy_always_true: {
    sql: `${sound('t')} create policy every on t using (true) with check (true);
      create policy own on t for update using (id > 1); create policy mine on t for insert with check (id > 1)`,
    object: 'every on t',
  },
  table_owned_by_caller: {
    sql: `${sound('t')} grant create on schema public to authenticated; alter table t owner to authenticated`,
    object: 't',
  },
  login_bypasses_rls: {
    sql: 'create role worker login bypassrls; create role group_only bypassrls',
    object: 'worker',
  },
  index_duplicate: {
    sql: `${sound('t', ', a int')} create index one on t (a); create index two on t (a); create index three on t (a desc);
      create index four on t (a) where a > 1; create index five on t using hash (a)`,
    object: 'two',
  },
  extension_is_stub: {
    sql: 'create extension pg_cron; create extension pgjwt with schema extensions',
    object: 'pg_cron',
  },
  rls_without_policy: {
    sql: 'create table t (id int primary key); alter table t enable row level security',
    object: 't',
    stays: true,
  },
  foreign_key_without_index: {
    sql: `${sound('a', ', x int, y int, unique (x, y)')} ${sound('b', ', x int, y int, foreign key (x, y) references a (x, y)')}
      ${sound('c', ', x int, y int, foreign key (x, y) references a (x, y)')} create index on c (y, x, id)`,
    object: 'b_x_y_fkey on b',
  },
  no_primary_key: {
    sql: `create table t (id int); alter table t enable row level security; create policy p on t for select using (true)`,
    object: 't',
  },
}

describe.each(Object.entries(BREAKS))('%s', (name, { sql, object, stays = false }) => {
  test('is found where it is broken and nowhere else, and its SQL mends it', async () => {
    const id = await databaseWith(sql)
    const found = await adviceOn(id)
    expect(found.map((each) => [each.name, each.object])).toEqual([[name, object]])
    const { remediation } = found[0] as Finding
    if (stays) return expect(remediation).toBeNull()
    const mended = await t.sql(id, { file_content: remediation ?? '' })
    expect(mended.json.message).toBeUndefined()
    expect((await adviceOn(id)).map((each) => each.name)).not.toContain(name)
  })
})

test('an index that failed is found, and its SQL builds it', async () => {
  const id = await databaseWith(`${sound('t', ', a int')} insert into t values (1, 1), (2, 1)`)
  await t.sql(id, 'create unique index concurrently broken on t (a)')
  const found = await adviceOn(id)
  expect(found).toMatchObject([
    {
      name: 'index_invalid',
      object: 'broken',
      remediation: 'REINDEX INDEX CONCURRENTLY public.broken;',
    },
  ])
  await t.sql(id, 'delete from t where id = 2')
  await t.sql(id, found[0]?.remediation ?? '')
  expect(await adviceOn(id)).toEqual([])
})

test('every rule has a test, but for what needs a server elsewhere or a database of an earlier release', () => {
  const tested = [...Object.keys(BREAKS), 'index_invalid', 'foreign_table_reachable', 'auth_uid_is_text']
  expect(LINTS.map(({ name }) => name).sort()).toEqual(tested.sort())
})

test('the gravest come first', async () => {
  const id = await databaseWith('create table t (id int); create materialized view m as select 1 as n')
  expect((await adviceOn(id)).map(({ level }) => level)).toEqual(['ERROR', 'WARN', 'INFO'])
})

test('names of the owner’s in the place of Postgres’ change nothing', async () => {
  const id = await databaseWith(
    `create function public.format(text, name, name) returns text language sql return 'DROP TABLE x';
     create table pg_class (id int primary key); alter role admin set search_path = public, pg_catalog`,
  )
  expect(await adviceOn(id)).toMatchObject([
    { name: 'rls_disabled', remediation: 'ALTER TABLE public.pg_class ENABLE ROW LEVEL SECURITY;' },
  ])
})
