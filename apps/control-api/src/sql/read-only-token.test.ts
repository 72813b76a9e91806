/** What a read-only token runs: it reads what admin reads, as a role that can change nothing. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { loginOf } from './session.ts'

let t: TestApi
let id: string
let token: string
/** A session of the owner's that listens. */
let owner: pg.Client
const heard: string[] = []
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('read-only')).id
  const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
  token = (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
  const made = await t.sql(
    id,
    `create table guarded (id serial primary key, n int);
     insert into guarded (n) values (1);
     alter table guarded enable row level security;
     alter table guarded force row level security;
     create sequence counter;
     create role other login;
     create role boss;
     grant boss to admin;
     create function as_owner() returns int language plpgsql security definer as
       $$ begin insert into public.guarded (n) values (66); return 1; end $$;
     create function planted(text) returns int language plpgsql as
       $$ begin insert into public.guarded (n) values (67); return 1; end $$;
     create type odd as (v text);
     create function to_odd(int) returns odd language plpgsql as
       $$ begin insert into public.guarded (n) values (68); return row('x')::odd; end $$;
     create cast (int as odd) with function to_odd(int) as implicit;
     create procedure commits() language plpgsql as
       $$ begin commit; insert into public.guarded (n) values (69); commit; end $$;
     create schema app;
     create table app.later (n int); insert into app.later values (2);
     create view app.seen as select n from app.later;
     create materialized view app.frozen as select 3 as n;
     select lo_create(4711);`,
  )
  if (made.status !== 200) throw new Error(made.text)
  const { address, database, logins } = await t.engine.connect(id)
  const options = { as: 'admin', address, database, logins, readOnly: false, isOurs: false } as const
  owner = new pg.Client(loginOf(options))
  owner.on('notification', ({ channel }) => heard.push(channel))
  await owner.connect()
  await owner.query('listen alarm')
})
afterAll(async () => {
  await owner?.end()
  await t?.dispose()
})

const run = (query: string | Record<string, unknown>) => t.sql(id, query, { token })
const valuesOf = async (query: string) => {
  const { status, json, text } = await run(query)
  if (status !== 200) throw new Error(text)
  return json.rows
}

/** All that a statement could change. */
async function state(): Promise<string> {
  const { rows } = await owner.query(
    `select (select json_agg(g order by id) from guarded g) as rows,
            (select json_agg(s order by 1) from (select last_value, is_called from counter) s) as counter,
            (select json_agg((rolname, rolcanlogin, rolconfig)::text order by rolname) from pg_roles) as roles,
            (select count(*) from pg_auth_members) as members,
            (select json_agg((relname, relacl)::text order by oid) from pg_class where relnamespace >= 16384) as relations,
            (select count(*) from pg_proc) as functions, (select count(*) from pg_largeobject_metadata) as objects,
            (select json_agg((datname, datacl)::text order by 1) from pg_database) as databases,
            (select json_agg(setconfig::text) from pg_db_role_setting) as settings,
            (select count(*) from pg_locks where locktype = 'advisory') as advisory,
            (select count(*) from pg_prepared_xacts) as prepared`,
  )
  return JSON.stringify(rows)
}

describe('it reads', () => {
  test('every row of every table, view and sequence that admin reads, also such as come later', async () => {
    expect(await valuesOf('select n from guarded')).toEqual([[1]])
    for (const [relation, n] of [
      ['app.later', 2],
      ['app.seen', 2],
      ['app.frozen', 3],
    ])
      expect(await valuesOf(`select n from ${relation}`)).toEqual([[n]])
    expect(await valuesOf('select last_value::int from counter')).toEqual([[1]])
    await t.sql(id, 'create schema fresh; create table fresh.made as select 5 as n')
    expect(await valuesOf('select n from fresh.made')).toEqual([[5]])
    expect(await valuesOf('select count(*)::int from auth.users')).toEqual([[0]])
    expect(
      (await valuesOf('select count(*)::int from pg_stat_activity where query is not null'))[0][0],
    ).toBeGreaterThan(0)
  })

  test('tables of other roles that admin may read', async () => {
    await t.sql(
      id,
      'create schema others authorization other; set role other; create table others.own as select 6 as n',
    )
    expect(await valuesOf('select n from others.own')).toEqual([[6]])
  })

  test('as a role that does nothing else, with the settings that the owner has set for admin', async () => {
    expect(await valuesOf('select session_user::text, current_user::text')).toEqual([
      ['db9_reader', 'db9_reader'],
    ])
    await t.sql(id, `alter role admin set search_path = app, public; alter role admin set role = boss`)
    expect(await valuesOf('select n, current_user::text from later')).toEqual([[2, 'db9_reader']])
    await t.sql(id, 'alter role admin reset search_path; alter role admin reset role')
  })

  test('neither verifiers nor secrets, by SQL or in a dump', async () => {
    await t.sql(id, `select vault.create_secret('very secret', 'name of it')`)
    for (const query of [
      'select * from pg_authid',
      'select * from pg_shadow',
      'select * from vault.secrets',
      'select * from vault.decrypted_secrets',
      'select subconninfo from pg_subscription',
    ])
      expect([403, 422], query).toContain((await run(query)).status)
    const dumped = await t.call('POST', `/databases/${id}/dump`, { token, body: {} })
    expect(dumped.status).toBe(200)
    expect(dumped.text).not.toContain('very secret')
    expect((await t.call('POST', `/databases/${id}/dump`, { body: {} })).text).toContain('very secret')
  })
})

describe('it cannot', () => {
  test.each([
    ['insert', 'insert into guarded (n) values (2)'],
    ['update', 'update guarded set n = 2'],
    ['delete', 'delete from guarded'],
    [
      'merge',
      'merge into guarded g using (select 1 as n) s on false when not matched then insert (n) values (s.n)',
    ],
    ['truncate', 'truncate guarded'],
    ['lock a table', 'lock table guarded'],
    ['lock rows', 'select * from guarded for update'],
    ['write in a CTE', 'with w as (insert into guarded (n) values (2) returning n) select * from w'],
    ['send a second statement', 'select 1; insert into guarded (n) values (2)'],
    ['end the transaction first', 'rollback; insert into guarded (n) values (2)'],
    ['copy from the client', 'copy guarded from stdin'],
    ['copy from a program', `copy guarded from program 'id'`],
    ['copy to a file', `copy guarded to '/tmp/of-the-reader'`],
    ['copy to a program', `copy guarded to program 'id'`],
    ['read a file', `select pg_read_file('postgresql.conf')`],
    ['list a folder', `select pg_ls_dir('.')`],
    ['list the log', `select pg_ls_logdir()`],
    ['import a file', `select lo_import('/etc/passwd')`],
    ['read a file as a large object', `select lo_export(4711, '/tmp/of-the-reader')`],
    ['make a large object', 'select lo_create(0)'],
    ['write a large object', `select lo_put(4711, 0, 'x')`],
    ['delete a large object', 'select lo_unlink(4711)'],
    ['write in DO', `do $$ begin insert into public.guarded (n) values (2); end $$`],
    [
      'lift the mode in DO',
      `do $$ begin set transaction read write; insert into public.guarded (n) values (2); end $$`,
    ],
    ['commit in DO', `do $$ begin commit; insert into public.guarded (n) values (2); end $$`],
    ['lift the mode by set_config', `select set_config('transaction_read_only', 'off', false), as_owner()`],
    ['call a function of the owner’s rights', 'select as_owner()'],
    ['call a planted function', `select planted('x')`],
    ['use a planted cast', 'select cast(1 as odd)'],
    ['call a procedure that commits', 'call commits()'],
    ['become admin', 'set role admin'],
    ['become another role', 'set role boss'],
    ['become another session', 'set session authorization admin'],
    ['become admin by set_config', `select set_config('role', 'admin', false)`],
    ['take an id of a sequence', `select nextval('counter')`],
    ['set a sequence', `select setval('counter', 100)`],
    [
      'end another session',
      `select pg_terminate_backend(pid) from pg_stat_activity where usename in ('admin', 'db9_admin')`,
    ],
    [
      'cancel another session',
      `select pg_cancel_backend(pid) from pg_stat_activity where usename in ('admin', 'db9_admin')`,
    ],
    ['make a checkpoint', 'checkpoint'],
    ['switch the log', 'select pg_switch_wal()'],
    ['reset statistics', 'select pg_stat_reset()'],
    ['vacuum', 'vacuum guarded'],
    ['reindex', 'reindex table guarded'],
    ['refresh', 'refresh materialized view app.frozen'],
    ['make a table', 'create table mine (n int)'],
    ['make a temporary table', 'create temp table mine (n int)'],
    ['make a table of a query', 'select 1 as n into mine'],
    ['make a function', `create function mine() returns int language sql as 'select 1'`],
    ['make a schema', 'create schema mine'],
    ['make a database', 'create database mine'],
    ['make an extension', 'create extension dblink'],
    ['reach out by dblink', `select dblink_connect('dbname=postgres')`],
    ['make a role', 'create role mine login'],
    ['change its own role', `alter role db9_reader password 'x'`],
    ['change its own settings', 'alter role db9_reader set default_transaction_read_only = off'],
    ['grant', 'grant insert on guarded to db9_reader'],
    ['take a role', 'grant admin to db9_reader'],
    ['comment', `comment on table guarded is 'x'`],
    ['prepare a transaction', `prepare transaction 'x'`],
    ['load a library', `load 'auto_explain'`],
    ['log what others send', 'set log_statement = all'],
    ['export a logical slot', `select pg_create_logical_replication_slot('x', 'pgoutput')`],
  ])('%s', async (_, query) => {
    const before = await state()
    const { status, json } = await run(query)
    expect([403, 422], JSON.stringify(json)).toContain(status)
    expect(await state()).toBe(before)
    expect((await owner.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  })

  test.each([
    ['NOTIFY', 'notify alarm'],
    ['pg_notify', `select pg_notify('alarm', 'x')`],
    ['LISTEN', 'listen alarm'],
    ['an advisory lock', 'select pg_advisory_lock(1)'],
    ['a role by RESET', 'reset role'],
    ['settings by RESET', 'reset all'],
    ['a mode of the session', 'set session characteristics as transaction read write'],
    ['a setting', `select set_config('default_transaction_read_only', 'off', false)`],
    ['DEALLOCATE', 'deallocate all'],
    ['ANALYZE', 'analyze guarded'],
  ])('leave anything behind by %s', async (_, query) => {
    const before = await state()
    await run(query)
    // The session ends right after the reply.
    await expect.poll(state).toBe(before)
    await owner.query('select 1')
    expect(heard).toEqual([])
    expect((await run('insert into guarded (n) values (2)')).status).toBe(403)
    expect(await state()).toBe(before)
  })
})

test('the owner may take a table away from it, and no one is made a member of its role', async () => {
  await t.sql(id, 'revoke select on app.later from db9_reader')
  expect((await run('select n from app.later')).status).toBe(403)
  await t.sql(id, 'grant select on app.later to db9_reader')
  for (const query of [
    'grant db9_reader to other',
    'set role db9_reader',
    `alter role db9_reader password 'x'`,
    'drop role db9_reader',
    'alter role db9_reader rename to mine',
    'drop event trigger db9_reader',
    'drop function db9.let_reader_read()',
  ])
    expect([403, 422], query).toContain((await t.sql(id, query)).status)
  const { json } = await t.call('GET', `/databases/${id}/users`)
  expect(json.map(({ name }: { name: string }) => name)).not.toContain('db9_reader')
})
