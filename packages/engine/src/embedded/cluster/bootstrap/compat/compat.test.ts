/** What migrations of Supabase and Neon find in a database, and that no role of the data plane gains by it. */
import { newId } from '@db9/types/ids'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminVerifier, catalogVersion, clientOf, query } from '../../../../testing/databases.ts'
import { makeEarlier } from '../../../../testing/earlier-schemas.ts'
import { startTestDatabase, type TestDatabase } from '../../../../testing/engine.ts'
import type { EmbeddedEngine } from '../../../embedded-engine.ts'
import { SCHEMA_VERSIONS } from '../schemas.sql.ts'

let database: TestDatabase
let engine: EmbeddedEngine
let id: string
let client: Awaited<ReturnType<typeof clientOf>>
beforeAll(async () => {
  database = await startTestDatabase()
  ;({ engine, id } = database)
})
afterAll(() => database?.dispose())
beforeEach(async () => {
  client = await clientOf(engine, id)
  await client.query(
    `begin; create table t (id bigint generated always as identity primary key, user_id uuid)`,
  )
})
afterEach(async () => {
  await client.query('rollback')
  await client.end()
})

test.each([
  'create table profiles (id uuid primary key references auth.users on delete cascade)',
  `create function on_new() returns trigger language plpgsql security definer set search_path = '' as
     $$ begin return new; end $$;
   create trigger on_new after insert on auth.users for each row execute function on_new();
   drop trigger if exists on_new on auth.users`,
  'alter table t owner to postgres',
  'alter table t owner to postgres; create index on t (user_id); drop table t',
  'grant select on t to supabase_auth_admin',
  'grant all on schema public to postgres, anon, authenticated, service_role',
  'set role service_role',
  'set role postgres; create table made (id int); grant all on made to anon',
  'alter default privileges for role postgres in schema public grant all on tables to postgres, service_role',
  'alter default privileges for role supabase_admin in schema public grant all on functions to anon',
  'set session_replication_role = replica',
  `alter database postgres set "app.settings.jwt_secret" = 'x'`,
  `alter database postgres set "app.settings.url" = 'x'`,
  'alter publication supabase_realtime add table t',
  'drop publication if exists supabase_realtime; create publication supabase_realtime for table t',
  "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true) on conflict do nothing",
  `create policy q on storage.objects for insert to authenticated
     with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text)`,
  'create policy q on realtime.messages for select to authenticated using (realtime.topic() = topic)',
  `select realtime.send('{}', 'event', 'topic', false)`,
  `create function broadcast() returns trigger language plpgsql as $$ begin
     perform realtime.broadcast_changes('t', tg_op, tg_op, tg_table_name, tg_table_schema, new, old); return null; end $$;
   create trigger b after insert on t for each row execute function broadcast(); insert into t default values`,
  'create table g (id uuid primary key default uuid_generate_v4())',
  'create extension if not exists "uuid-ossp"; create extension if not exists pgcrypto with schema extensions',
  'drop extension "uuid-ossp"; create extension "uuid-ossp" schema public',
  'create policy q on t to anonymous using (true)',
  'create table synced (owner text references neon_auth.users_sync (id))',
  `create trigger hook after insert on t for each row
     execute function supabase_functions.http_request('http://example.com', 'POST', '{}', '{}', '1000');
   insert into t default values`,
])('admin may: %s', async (text) => {
  await client.query(text)
})

test.each([
  ['extensions.uuid_generate_v4() is not null', true],
  ["crypt('x', gen_salt('bf')) is not null", true],
  ["has_table_privilege('service_role', 't', 'select, insert, update, delete')", true],
  ["has_table_privilege('anon', 'auth.users', 'select')", false],
  ["has_any_column_privilege('authenticated', 'auth.users', 'select')", false],
  ["has_table_privilege('service_role', 'auth.users', 'select')", false],
  ["has_table_privilege('anon', 'vault.decrypted_secrets', 'select')", false],
  ["has_function_privilege('anon', 'vault.create_secret(text, text, text, uuid)', 'execute')", false],
  ["storage.foldername('a/b/c.tar.gz') = array['a', 'b']", true],
  ["storage.foldername('c.gz') = array[]::text[]", true],
  ["storage.filename('a/b/c.tar.gz')", 'c.tar.gz'],
  ["storage.extension('a/b/c.tar.gz')", 'gz'],
])('%s is %s', async (expression, value) => {
  expect((await client.query(`select ${expression} as value`)).rows).toEqual([{ value }])
})

test('a new user reaches profiles by a trigger, and a deleted one leaves them', async () => {
  await client.query(`
    create table profiles (id uuid primary key references auth.users on delete cascade, name text);
    create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
      insert into public.profiles values (new.id, new.raw_user_meta_data ->> 'name');
      return new;
    end $$;
    create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();
    insert into auth.users (id, email, raw_user_meta_data)
      values ('6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', 'ada@example.com', '{"name": "Ada"}')`)
  expect((await client.query('select name from profiles')).rows).toEqual([{ name: 'Ada' }])
  await client.query('delete from auth.users')
  expect((await client.query('select name from profiles')).rows).toEqual([])
})

test('what keeps users in step is the service role’s alone, and takes no confirmed address over', async () => {
  await client.query(`
    insert into auth.users (id, email, email_confirmed_at)
      values ('6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', 'ada@example.com', now());
    set local role service_role;
    select auth.sync_user('b0b0b0b0-3f7c-4b35-9a59-0d4f1a4c1c22', 'ada@example.com', true, '{"sub": "bob"}');
    select auth.sync_user('6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', '', false, '{"sub": "ada"}')`)
  for (const role of ['anon', 'authenticated', 'authenticator'])
    expect(
      (
        await client.query(
          `select has_function_privilege($1, 'auth.sync_user(uuid, text, boolean, jsonb)', 'execute') as may`,
          [role],
        )
      ).rows,
    ).toEqual([{ may: false }])
  await client.query('reset role')
  const { rows } = await client.query('select email, raw_user_meta_data as meta from auth.users order by id')
  expect(rows).toEqual([
    { email: 'ada@example.com', meta: { sub: 'ada' } },
    { email: null, meta: { sub: 'bob' } },
  ])
})

describe('an address of auth.users', () => {
  const ADA = '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11'
  const BOB = 'b0b0b0b0-3f7c-4b35-9a59-0d4f1a4c1c22'
  type Call = readonly [id: string, email: string, isVerified: boolean]

  test.each<[string, Call[], unknown[]]>([
    [
      'is confirmed by a token that confirmed another one of the user',
      [
        [ADA, 'ada@x.com', true],
        [ADA, 'ceo@victim.com', false],
      ],
      [[ADA, 'ceo@victim.com', false]],
    ],
    [
      'is stored twice in letters of another case',
      [
        [ADA, 'Ada@X.com', true],
        [BOB, 'aDa@x.com', false],
      ],
      [
        [ADA, 'ada@x.com', true],
        [BOB, null, false],
      ],
    ],
    [
      'is kept from the user for whom it is confirmed',
      [
        [ADA, 'ceo@victim.com', false],
        [BOB, 'CEO@victim.com', true],
        [ADA, 'ceo@victim.com', false],
      ],
      [
        [ADA, null, false],
        [BOB, 'ceo@victim.com', true],
      ],
    ],
    [
      'is taken from a user for whom it is confirmed',
      [
        [ADA, 'ada@x.com', true],
        [BOB, 'ada@x.com', true],
      ],
      [
        [ADA, 'ada@x.com', true],
        [BOB, null, false],
      ],
    ],
    [
      'is confirmed by a token without one, or with that of another user',
      [
        [ADA, 'ada@x.com', true],
        [BOB, 'bob@x.com', false],
        [BOB, '', true],
        [BOB, 'ada@x.com', true],
      ],
      [
        [ADA, 'ada@x.com', true],
        [BOB, 'bob@x.com', false],
      ],
    ],
    [
      'loses its confirmation by a token that does not repeat it',
      [
        [ADA, 'ada@x.com', false],
        [ADA, 'ada@x.com', true],
        [ADA, 'ADA@x.com', false],
      ],
      [[ADA, 'ada@x.com', true]],
    ],
  ])('never %s', async (_, calls, rows) => {
    await client.query('set local role service_role')
    for (const call of calls) await client.query("select auth.sync_user($1, $2, $3, '{}')", [...call])
    await client.query('reset role')
    const text = 'select id, email, email_confirmed_at is not null from auth.users order by id'
    expect((await client.query({ text, rowMode: 'array' })).rows).toEqual(rows)
  })
})

test('what a token no longer says of a user goes', async () => {
  const sync = (meta: string) =>
    client.query(
      "select auth.sync_user('6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11', 'ada@example.com', true, $1)",
      [meta],
    )
  await client.query('set local role service_role')
  await sync('{"sub": "ada", "groups": ["admin"]}')
  await sync('{"sub": "ada"}')
  await client.query('reset role')
  const { rows } = await client.query('select raw_user_meta_data as meta from auth.users')
  expect(rows).toEqual([{ meta: { sub: 'ada' } }])
})

test('a secret of the vault is found by its name', async () => {
  await client.query("select vault.update_secret(vault.create_secret('first', 'key'), 'second')")
  const { rows } = await client.query('select name, decrypted_secret from vault.decrypted_secrets')
  expect(rows).toEqual([{ name: 'key', decrypted_secret: 'second' }])
})

describe('nobody gets further by it', () => {
  test('a cast of an owner, run for a foreign key to users, has no rights of the superuser', async () => {
    await client.query(`
      create table seen (who text, super boolean);
      grant insert on seen to public;
      create type key as (value text);
      create function to_uuid(key) returns uuid language plpgsql as $$ begin
        insert into public.seen select current_user, rolsuper from pg_roles where rolname = current_user;
        return '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11';
      end $$;
      create cast (key as uuid) with function to_uuid(key) as implicit;
      insert into auth.users (id) values ('6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11')`)
    // Refused, or looked up as the owner of the table that is referred to.
    await client.query('savepoint s')
    await client
      .query("create table p (id key references auth.users); insert into p values (row('x')::key)")
      .catch(() => client.query('rollback to s'))
    const { rows } = await client.query('select who, super from seen')
    expect(rows).toEqual([{ who: 'supabase_auth_admin', super: false }])
  })

  test('no relation or function that owners can attach to belongs to the superuser', async () => {
    const { rows } = await client.query(`
      select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('auth', 'storage', 'realtime', 'vault', 'neon_auth') and c.relkind in ('r', 'v', 'S', 'p')
        and c.relowner = 'db9_super'::regrole
      union all
      select p.oid::regprocedure::text from pg_proc p where p.prosecdef and p.proowner = 'db9_super'::regrole and p.pronamespace::regnamespace::text <> 'db9'`)
    expect(rows).toEqual([])
  })

  test('no table of ours is open to the data plane without row level security', async () => {
    await client.query('create extension pg_cron; create extension pg_net')
    const open = `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('auth', 'storage', 'realtime', 'vault', 'neon_auth', 'cron', 'net')
        and c.relkind in ('r', 'v', 'p') and not c.relrowsecurity
        and exists (select from unnest(array['anon', 'authenticated']) who
                     where has_any_column_privilege(who, c.oid, 'select, insert, update'))`
    expect((await client.query(open)).rows).toEqual([])
    for (const role of ['anon', 'authenticated'])
      expect(
        (
          await client.query(
            "select has_table_privilege($1, 'neon_auth.users_sync', 'select, insert, update, delete') as may",
            [role],
          )
        ).rows,
      ).toEqual([{ may: false }])
  })

  test('authenticator becomes none of the roles, and admin can give it none', async () => {
    const { rows } = await client.query<{ name: string }>(
      `select rolname as name from pg_roles where rolname !~ '^pg_'
         and rolname not in ('anon', 'authenticated', 'authenticator', 'admin', 'db9_super', 'db9_admin')`,
    )
    expect(rows.length).toBeGreaterThan(15)
    const authenticator = await clientOf(engine, id, { user: 'authenticator' })
    for (const { name } of rows) {
      await expect(authenticator.query(`set role ${name}`), name).rejects.toMatchObject({ code: '42501' })
      for (const text of [
        `grant ${name} to anon`,
        `grant ${name} to authenticator`,
        `alter role ${name} login`,
        `alter role ${name} password 'x'`,
        `alter role ${name} superuser`,
        `drop role ${name}`,
      ]) {
        await client.query('savepoint s')
        await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' })
        await client.query('rollback to s')
      }
    }
    await authenticator.end()
  })

  test('with triggers off, DDL is still counted and extensions are still guarded', async () => {
    const version = () => catalogVersion(engine, id)
    await client.query('rollback')
    const before = await version()
    await client.query('set session_replication_role = replica; create table u (id int)')
    expect(await version()).toBe(before + 1)
    await expect(client.query('create extension citext schema pg_catalog')).rejects.toMatchObject({
      code: '42501',
    })
    await client.query('drop table u')
  })
})

test('a database of an earlier release gets all of it, and keeps what its owner has made by these names', async () => {
  const old = newId('database')
  await engine.create({ id: old, adminVerifier })
  await makeEarlier(engine, old, 4)
  for (const text of [
    `create schema storage; create table storage.objects (mine int); insert into storage.objects values (1)`,
    'create table sent (id int); create publication supabase_realtime for table sent',
    'create extension pgcrypto schema public',
    'create role supabase_auth_admin login; create role postgres; create table owned (id int); create table kept (id int)',
    'grant create on schema public to postgres; alter table owned owner to postgres',
  ])
    await query(engine, old, text)
  await engine.stop(old)
  expect(await query(engine, old, 'select mine from storage.objects')).toEqual([[1]])
  expect(
    await query(
      engine,
      old,
      "select extnamespace::regnamespace::text from pg_extension where extname = 'pgcrypto'",
    ),
  ).toEqual([['public']])
  expect(await query(engine, old, "select has_table_privilege('service_role', 'owned', 'select')")).toEqual([
    [true],
  ])
  const given =
    "select has_table_privilege('postgres', 'kept', 'select'), has_database_privilege('postgres', 'postgres', 'create')"
  expect(await query(engine, old, given)).toEqual([[false, false]])
  await query(engine, old, 'create table profiles (id uuid primary key references auth.users)')
  await query(engine, old, 'set role postgres; select from owned; reset role; set role supabase_admin')
  await query(engine, old, 'select uuid_generate_v4()')
})

const versionsOf = (old: string) =>
  query(engine, old, 'select version from db9.schema_version order by version', { user: 'db9_super' })
const everyVersion = SCHEMA_VERSIONS.map(({ version }) => [version])

test('a database of an earlier release whose owner has dropped schema public starts, and gets all of it', async () => {
  const old = newId('database')
  await engine.create({ id: old, adminVerifier })
  await makeEarlier(engine, old, 4)
  await query(engine, old, 'drop schema public')
  await engine.stop(old)
  expect(await versionsOf(old)).toEqual(everyVersion)
  expect(await query(engine, old, "select to_regnamespace('public') is null")).toEqual([[true]])
})

test('a database that it cannot be added to starts without it, and gets it once it can', async () => {
  const old = newId('database')
  await engine.create({ id: old, adminVerifier })
  await makeEarlier(engine, old, 4)
  await query(
    engine,
    old,

    'create table kept as select 1 as n; create role postgres; revoke create on database postgres from admin',
  )
  await engine.stop(old)
  expect(await query(engine, old, 'select n from kept')).toEqual([[1]])
  const others = SCHEMA_VERSIONS.filter(({ version }) => version !== 5 && version !== 9).map(
    ({ version }) => [version],
  )
  expect(await versionsOf(old)).toEqual(others)
  expect(await query(engine, old, "select to_regnamespace('storage') is null")).toEqual([[true]])
  await query(engine, old, 'grant create on database postgres to admin')
  await engine.stop(old)
  expect(await versionsOf(old)).toEqual(everyVersion)
})
