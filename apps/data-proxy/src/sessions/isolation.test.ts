import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNAL_PATHS } from '@db9/types/internal'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { postSql, postText } from '../testing/http.ts'
import { PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

type Answer = Record<string, unknown>

/** By `POST /sql`, whose session is cleaned up behind the answer, and as a batch of the gateway, where it is within. */
const ROUTES: Record<string, (query: string, role: string) => Promise<Answer>> = {
  sql: async (query, role) => {
    const password = role === 'admin' ? PASSWORD : await stack.credential({ role })
    const connectionString = stack.connectionString({ role, password })
    return (await postSql({ port: stack.httpPort, connectionString, body: { query } })).body
  },
  batch: async (query, role) => {
    const statements = [{ text: `select to_jsonb(q) from (${query}) as q`, params: [] }]
    const reply = await postText({
      port: stack.httpPort,
      path: INTERNAL_PATHS.batch,
      headers: { authorization: `Bearer ${await stack.credential({ role })}` },
      body: { readOnly: false, rollback: false, statements, bodyColumn: 0 },
    })
    const body: Answer = JSON.parse(reply.body)
    return reply.status === 200 ? { rows: [body] } : body
  },
}

let route: keyof typeof ROUTES = 'sql'

async function run(query: string, role: string): Promise<Answer> {
  const body = (await ROUTES[route]?.(query, role)) ?? {}
  // The answer may come before the session is cleaned up; later requests get the same session again.
  await sleep(20)
  return body
}

async function rows(query: string, role: string): Promise<unknown> {
  const body = await run(query, role)
  if (!body.rows) throw new Error(JSON.stringify(body))
  return body.rows
}

describe.each([
  ['authenticator', 'sql'],
  ['admin', 'sql'],
  ['authenticator', 'batch'],
])('what one request of %s by %s leaves behind, the next one does not find', { retry: 2 }, (role, by) => {
  afterEach(() => {
    route = 'sql'
  })

  /**
   * All that follows happens in one session: requests one after the other take the one that was used last. On a busy machine a
   * request may come before that one is cleaned up, and gets another; so a test is tried again.
   */
  beforeEach(async () => {
    route = by
    stack.proxy.dropDatabase(stack.id)
    await admin.query(`drop schema if exists hostile cascade; create schema hostile;
      grant all on schema hostile to public; create sequence hostile.s; grant all on sequence hostile.s to public;
      create table hostile.t as select 'real' as x; grant select on hostile.t to public`)
  })

  async function inFunction(body: string): Promise<void> {
    await admin.query(
      `create or replace function hostile.f() returns text language plpgsql as $f$ begin ${body}; return 'done'; end $f$`,
    )
    expect(await rows('select hostile.f() as f', role)).toEqual([{ f: 'done' }])
  }

  async function pid(): Promise<unknown> {
    return rows('select pg_backend_pid() as pid', role)
  }

  test.each([
    ['a role', `perform set_config('role', 'anon', false)`, 'select current_user as x', role],
    [
      'a setting',
      `perform set_config('statement_timeout', '7', false)`,
      `select current_setting('statement_timeout') = '7ms' as x`,
      false,
    ],
    [
      'claims',
      `perform set_config('request.jwt.claims', '{"sub":"eve"}', false)`,
      `select coalesce(current_setting('request.jwt.claims', true), '') as x`,
      '',
    ],
    [
      'a search path',
      `perform set_config('search_path', 'hostile', false)`,
      `select to_regclass('t') is null as x`,
      true,
    ],
    [
      'a temporary table',
      `create temp table t as select 'false' as x`,
      `select count(*)::int as x from pg_class where relnamespace = pg_my_temp_schema()`,
      0,
    ],
    [
      'a lock',
      `perform pg_advisory_lock(42)`,
      `select count(*)::int as x from pg_locks where locktype = 'advisory'`,
      0,
    ],
    ['a channel', `execute 'listen gossip'`, `select count(*)::int as x from pg_listening_channels()`, 0],
    [
      'a cursor',
      `execute 'declare c cursor with hold for select 1'`,
      `select count(*)::int as x from pg_cursors where name = 'c'`,
      0,
    ],
    [
      'a default of transactions',
      `execute 'set session characteristics as transaction read only'`,
      `select current_setting('transaction_read_only') as x`,
      'off',
    ],
  ])('%s', async (_, hostile, probe, expected) => {
    const before = await pid()
    await inFunction(hostile)
    expect(await rows(probe, role)).toEqual([{ x: expected }])
    expect(await pid()).toEqual(before)
  })

  test('the last value of a sequence', async () => {
    const before = await pid()
    await inFunction(`perform nextval('hostile.s')`)
    expect(await run('select lastval()', role)).toMatchObject({ code: '55000' })
    expect(await pid()).toEqual(before)
  })

  test('whatever it did, also where it failed', async () => {
    const before = await pid()
    const query = `select set_config('role', 'anon', false), pg_advisory_lock(43), 1 / (random() * 0)::int`
    expect(await run(query, role)).toMatchObject({ code: '22012' })
    expect(await rows('select current_user as x', role)).toEqual([{ x: role }])
    expect(await rows(`select count(*)::int as n from pg_locks where locktype = 'advisory'`, role)).toEqual([
      { n: 0 },
    ])
    expect(await pid()).toEqual(before)
  })

  // What the gateway sends is of its own making, so no text of a client's ends or forgets what is not its own.
  if (by === 'sql') {
    test('a transaction', async () => {
      const before = await pid()
      expect(await run('begin', role)).toMatchObject({ command: 'BEGIN' })
      expect(await pid()).toEqual(before)
      await run('create table hostile.kept ()', role)
      expect((await admin.query(`select to_regclass('hostile.kept') is not null as kept`)).rows).toEqual([
        { kept: true },
      ])
    })

    test('statements that it made away with, or put others in the place of', async () => {
      await rows('select 1 as n', role)
      const text = `deallocate all`
      await run(text, role)
      for (let i = 0; i < 3; i++) expect(await rows('select 1 as n', role)).toEqual([{ n: 1 }])
      await admin.query(`create or replace function hostile.f() returns text language plpgsql as $f$
        begin execute 'deallocate all'; return 'done'; end $f$`)
      for (let i = 0; i < 3; i++) {
        expect(await rows('select hostile.f() as f', role)).toEqual([{ f: 'done' }])
        expect(await rows('select 1 as n', role)).toEqual([{ n: 1 }])
      }
    })
  } else {
    test('statements that a function made away with', async () => {
      await admin.query(`create or replace function hostile.f() returns text language plpgsql as $f$
      begin execute 'deallocate all'; return 'done'; end $f$`)
      for (let i = 0; i < 3; i++) {
        // Answered, or refused where the COMMIT was among them; never left open.
        await run('select hostile.f() as f', role)
        expect(await rows('select 1 as n', role)).toEqual([{ n: 1 }])
      }
    })
  }
})

/** What an owner may set that concerns speed, maintenance or words: nothing that a reply's meaning hangs on. */
const HARMLESS =
  /^(backend_flush|client_connection_check|commit_siblings|constraint_exclusion|cpu_|cursor_tuple|debug_|default_(statistics|text_search|table_access|tablespace|toast)|effective_|enable_|file_copy|from_collapse|geqo|gin_pending|hash_mem|icu_|io_|jit|join_collapse|lc_|log_parameter|logical_decoding|maintenance_|max_parallel|md5_|min_parallel|parallel_|password_encryption|plan_cache|random_page|recursive_|scram_|seq_page|stats_fetch|synchron|tcp_|temp_|trace_|vacuum_|wal_|work_mem|createrole_self_grant)/

test('no setting that the owner gives the database or the role changes what authenticator’s statements mean', async () => {
  stack.proxy.dropDatabase(stack.id)
  const probe = `select '\\x00ff'::bytea as bytes, 0.1::float8 + 0.2 as float, timestamptz '2026-11-24 03:04:05Z' as time,
    interval '1 mon -2 days' as span, 'a\\nb' as text, ('{1,null}'::int[])[2] is null as absent, null = null as equal,
    date '2026-02-03' as date, current_user as user, current_schemas(true) as path`
  const settings = `select name, setting from pg_settings where context = 'user' and name !~ '^transaction_(iso|read|def)'`
  const before = { rows: await rows(probe, 'authenticator'), settings: await rows(settings, 'authenticator') }

  const root = await stack.direct('db9_super')
  const strings: Record<string, string> = {
    DateStyle: 'SQL, DMY',
    TimeZone: 'Asia/Tokyo',
    client_encoding: 'LATIN1',
    search_path: 'hostile, pg_catalog',
    local_preload_libraries: 'hostile',
    restrict_nonsystem_relation_kind: 'view',
    timezone_abbreviations: 'Australia',
    role: 'anon',
    application_name: 'hostile',
  }
  const { rows: all } = await root.query(
    `select name, vartype, setting, enumvals, min_val from pg_settings where context = 'user'`,
  )
  let changed = 0
  for (const { name, vartype, setting, enumvals, min_val } of [...all, { name: 'role' }]) {
    const values: Record<string, string | undefined> = {
      bool: setting === 'on' ? 'off' : 'on',
      enum: enumvals?.find((value: string) => value !== setting),
      integer: setting === min_val ? String(Number(min_val) + 1) : '1',
      real: String(Number(min_val) + 0.5),
    }
    const value = strings[name] ?? values[vartype]
    if (value === undefined || /^transaction_(iso|read|def)|^debug_parallel/.test(name)) continue
    for (const target of ['database postgres', 'role authenticator']) {
      await root.query(`alter ${target} set ${name} = ${root.escapeLiteral(value)}`).then(
        () => changed++,
        () => {},
      )
    }
  }
  expect(changed).toBeGreaterThan(200)
  stack.proxy.dropDatabase(stack.id)
  const after = { rows: await rows(probe, 'authenticator'), settings: await rows(settings, 'authenticator') }
  expect(after.rows).toEqual(before.rows)
  const meaning = (list: unknown) => (list as { name: string }[]).filter(({ name }) => !HARMLESS.test(name))
  expect(meaning(after.settings)).toEqual(meaning(before.settings))
  expect(after.settings).not.toEqual(before.settings)
  await root.end()
})
