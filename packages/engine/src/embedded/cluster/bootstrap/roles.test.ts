import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminVerifier, clientOf } from '../../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../../testing/engine.ts'
import type { EmbeddedEngine } from '../../embedded-engine.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
let client: pg.Client
const id = newId('database')
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  await engine.create({ id, adminVerifier })
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  client = await clientOf(engine, id)
})
afterEach(() => client.end())

test.each([
  'set role db9_super',
  'set session authorization db9_super',
  'alter role admin superuser',
  'alter role admin replication',
  'create role boss superuser',
  'grant db9_super to admin',
  'grant pg_read_all_data to admin',
  'grant pg_execute_server_program to admin',
  'alter role authenticator set search_path = evil',
  'alter role anon bypassrls',
  'grant authenticator to admin',
  "alter system set log_statement = 'all'",
  "copy (select 1) to '/tmp/db9-escape'",
  "copy (select 1) to program 'true'",
  "select pg_read_file('/etc/passwd')",
  "create function f() returns int language c as 'x'",
  'create event trigger e on ddl_command_end execute function db9.record_ddl()',
  'alter event trigger db9_ddl disable',
  'drop event trigger db9_ddl',
  'set event_triggers = off',
  'delete from db9.ddl',
  'insert into db9.ddl (xid) values (pg_current_xact_id())',
  'create table db9.mine (id int)',
  'drop schema auth cascade',
  'create or replace function auth.uid() returns text language sql as $$ select 1::text $$',
  'create function extensions.f() returns int language sql as $$ select 1 $$',
  'select db9.record_ddl()',
  "load 'auto_explain'",
  "create subscription s connection 'user=db9_super' publication p with (connect = false)",
  'create foreign data wrapper w',
  "alter role db9_admin password 'mine'",
  'drop role db9_admin',
  'revoke admin from db9_admin',
  'grant db9_admin to admin',
  'set role db9_admin',
  "alter role authenticator password 'mine'",
  "select lo_import('/etc/passwd')",
  "select lo_export(0, '/tmp/db9-escape')",
  "select pg_ls_dir('/')",
  "select pg_stat_file('/etc/passwd')",
  "create tablespace t location '/tmp'",
  'select * from pg_authid',
  'create function pg_catalog.evil() returns int language sql return 1',
  'create operator class pg_catalog.evil for type int using btree as storage int',
  'alter role db9_super in database postgres set search_path = evil',
  'alter role all in database template1 set search_path = evil',
  'alter database template1 set search_path = evil',
  'reassign owned by db9_super to admin',
  'drop owned by db9_super',
  'alter schema db9 rename to evil',
  'alter function db9.record_ddl() owner to admin',
  'create trigger evil before insert on db9.ddl execute function db9.record_ddl()',
  'grant anon to authenticated',
  'drop role anon',
  'alter role authenticator password null',
  'select pg_replication_origin_create($$x$$)',
  "select * from pg_create_physical_replication_slot('x')",
  'alter role admin nologin',
  'create extension citext schema db9',
  'create extension intarray schema pg_catalog',
  'select db9.guard_extensions()',
  'select db9.hint_extension()',
  'alter event trigger db9_extension_hint disable',
  "set dynamic_library_path = '/tmp'",
  "set extension_control_path = '/tmp'",
  "alter database postgres set session_preload_libraries = 'x'",
])('admin may not: %s', async (text) => {
  await expect(client.query(text)).rejects.toMatchObject({ code: '42501' })
  const { rows } = await client.query('select rolsuper from pg_roles where rolname = current_user')
  expect(rows).toEqual([{ rolsuper: false }])
})

test('admin may create roles, schemas, databases and trusted extensions, and act as anon', async () => {
  for (const text of [
    'create role app login',
    'create schema app authorization app',
    'create database other',
    'create extension pg_trgm schema extensions',
    'set role anon',
    'reset role',
    'drop database other',
  ]) {
    await client.query(text)
  }
})

test('authenticator becomes anon or authenticated, and nothing else', async () => {
  const authenticator = await clientOf(engine, id, { user: 'authenticator' })
  for (const role of ['anon', 'authenticated']) await authenticator.query(`set role ${role}`)
  for (const role of ['admin', 'service_role', 'db9_super', 'pg_monitor']) {
    await expect(authenticator.query(`set role ${role}`)).rejects.toThrow('permission denied to set role')
  }
  await authenticator.end()
})

test('only roles that log in by password have a verifier, and never the superuser', async () => {
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  for (const role of ['anon', 'authenticator', 'service_role', 'db9_super', 'nobody', "x' or true --"]) {
    expect(await engine.roleVerifier(id, role)).toBeNull()
  }
})

test('hostile settings of the owner change nothing for our own sessions, nor for the next wake', async () => {
  await client.query(
    'create schema evil; create function evil.now() returns timestamptz language sql as $$ select null::timestamptz $$',
  )
  await client.query(
    'create table evil.pg_authid (rolname text, rolpassword text, rolcanlogin bool, rolsuper bool)',
  )
  for (const setting of [
    'search_path = evil, pg_catalog',
    'default_transaction_read_only = on',
    'default_transaction_isolation = serializable',
    'row_security = on',
    'role = admin',
    'statement_timeout = 1',
    'lock_timeout = 1',
    "local_preload_libraries = 'absent'",
    "client_min_messages = 'error'",
    'transaction_timeout = 1',
    'idle_in_transaction_session_timeout = 1',
    'idle_session_timeout = 1',
    'standard_conforming_strings = off',
    'transform_null_equals = on',
    'exit_on_error = on',
    'check_function_bodies = off',
    'default_tablespace = absent',
  ]) {
    await client.query(`alter database postgres set ${setting}`)
  }
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(adminVerifier)
  await engine.stop(id)
  const next = makeScramVerifier('another')
  await engine.setAdminVerifier(id, next)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(next)
  await engine.setAdminVerifier(id, adminVerifier)
  // The owner's own sessions suffer from the owner's own settings, until these are pinned and put right.
  client = await clientOf(engine, id, {
    options:
      '-c local_preload_libraries= -c statement_timeout=0 -c transaction_timeout=0 -c idle_session_timeout=0',
  })
  await client.query(
    'begin read write; alter database postgres reset all; alter database postgres set search_path = "$user", public, extensions; commit',
  )
  await client.end()
  client = await clientOf(engine, id)
})

test('neither a statement nor its values reach the server’s log', async () => {
  await expect(client.query("select 'top-secret'::int")).rejects.toThrow()
  await expect(client.query('select $1::int', ['another-secret'])).rejects.toThrow()
  await client.query("do $$ begin raise log 'secret of the owner'; end $$")
  const log = readFileSync(join(engine.dataFolder, id, 'postgres.log'), 'utf8')
  expect(log).not.toContain('secret')
})

test('a crowd that logs in at once is answered, each of them, and leaves the database its connections', async () => {
  const crowd = Promise.all(Array.from({ length: 200 }, () => engine.roleVerifier(id, 'admin')))
  expect(new Set((await crowd).map((each) => each?.verifier))).toEqual(new Set([adminVerifier]))
})

test('a role is found among many made-up ones that are asked for at once, and none of those is', async () => {
  const madeUp = Array.from({ length: 500 }, (_, i) => `r${i} "\\{,}'`)
  const odd = ['', 'x'.repeat(64), 'a\0b', '\ud800', 'NULL', 'db9_super', 'authenticator']
  const ask = async (role: string) => (await engine.roleVerifier(id, role))?.verifier ?? null
  const [strangers, owners] = await Promise.all([
    Promise.all([...madeUp, ...odd].map(ask)),
    Promise.all([ask('admin'), ask('admin')]),
  ])
  expect(new Set(strangers)).toEqual(new Set([null]))
  expect(owners).toEqual([adminVerifier, adminVerifier])
})

test('a session that locks the catalog of roles does not keep a new password away, and ends with it', async () => {
  const holder = await clientOf(engine, id)
  await holder.query('begin')
  await holder.query('lock table pg_catalog.pg_authid in access exclusive mode')
  const next = makeScramVerifier('another')
  await engine.setAdminVerifier(id, next)
  expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(next)
  await expect(holder.query('select 1')).rejects.toThrow()
  await engine.setAdminVerifier(id, adminVerifier)
}, 60_000)

test('a new password ends the owner’s sessions, and so frees the connections that they took all of', async () => {
  const { maxConnections } = await engine.connect(id)
  const held = await Promise.all(Array.from({ length: maxConnections - 1 }, () => clientOf(engine, id)))
  await expect(clientOf(engine, id)).rejects.toMatchObject({ code: '53300' })
  await engine.setAdminVerifier(id, adminVerifier)
  for (const each of held) await expect(each.query('select 1')).rejects.toThrow()
  client = await clientOf(engine, id)
})
