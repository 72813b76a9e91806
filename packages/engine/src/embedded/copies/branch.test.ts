import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CopyOrigin } from '../../contract/copies.ts'
import { adminVerifier, catalogVersion, query, until } from '../../testing/databases.ts'
import { startTestEngine, type TestEngine } from '../../testing/engine.ts'
import { startWriter } from '../../testing/writer.ts'
import type { EmbeddedEngine } from '../embedded-engine.ts'

let testEngine: TestEngine
let _base: string
let engine: EmbeddedEngine
let source: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
  _base = testEngine.base
})
afterAll(async () => {
  await testEngine?.dispose()
})
beforeEach(async () => {
  source = newId('database')
  await engine.create({ id: source, adminVerifier })
})

const branchVerifier = makeScramVerifier('other')
const ofBranch = { password: 'other' }

async function branch(from: string, options: Partial<Extract<CopyOrigin, { kind: 'database' }>> = {}) {
  const id = newId('database')
  await engine.stage(id, { kind: 'database', id: from, at: 'now', data: true, ...options })
  const { lostPasswords } = await engine.resetSecrets(id, { adminVerifier: branchVerifier })
  await engine.publish(id)
  return { id, lostPasswords }
}

const entriesOf = (id: string) => readdirSync(engine.dataFolder).filter((name) => name.startsWith(id))

describe('a branch of now', () => {
  test('of a running database holds what was committed before the call, and is written to on its own', async () => {
    await query(engine, source, 'create table t as select 1 as n')
    const { id } = await branch(source)
    expect(await query(engine, id, 'select n from t', ofBranch)).toEqual([[1]])
    await query(engine, id, 'insert into t values (2)', ofBranch)
    await query(engine, source, 'insert into t values (3)')
    expect(await query(engine, id, 'select n from t order by 1', ofBranch)).toEqual([[1], [2]])
    expect(await query(engine, source, 'select n from t order by 1')).toEqual([[1], [3]])
  })

  test('of a sleeping database does not wake it', async () => {
    await query(engine, source, 'create table t as select 1 as n')
    await engine.stop(source)
    const { id } = await branch(source)
    expect(engine.isRunning(source)).toBe(false)
    expect(await query(engine, id, 'select n from t', ofBranch)).toEqual([[1]])
  })

  test('of a database that was killed holds what it had committed', async () => {
    await query(engine, source, 'create table t as select 1 as n')
    const { epoch } = await engine.connect(source)
    process.kill(Number(epoch.split('-')[0]), 'SIGKILL')
    const { id } = await branch(source)
    expect(await query(engine, id, 'select n from t', ofBranch)).toEqual([[1]])
  })

  test('of a branch of a branch has all of it, each on a timeline of its own', async () => {
    await query(engine, source, 'create table t as select 1 as n')
    const { id: child } = await branch(source)
    await query(engine, child, 'insert into t values (2)', ofBranch)
    const { id: grandchild } = await branch(child)
    expect(await query(engine, grandchild, 'select n from t order by 1', ofBranch)).toEqual([[1], [2]])
    const timeline = 'select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)'
    const timelines = await Promise.all(
      [source, child, grandchild].map((id) => query(engine, id, timeline, { user: 'db9_super' })),
    )
    expect(timelines).toEqual([[['00000001']], [['00000002']], [['00000003']]])
  })

  test('under writes blocks no writer, and holds each row up to one of them and none after', async () => {
    const writer = await startWriter(engine, source)
    await until(() => writer.commits.length > 50)
    const before = writer.commits.length
    const { id } = await branch(source)
    await writer.stop()
    const [[count, last]] = (await query(
      engine,
      id,
      'select count(*)::int, max(n)::int from written',
      ofBranch,
    )) as [[number, number]]
    expect(count).toBe(last)
    expect(count).toBeGreaterThanOrEqual(before)
    expect(count).toBeLessThanOrEqual(writer.commits.length)
    expect(writer.longestMs()).toBeLessThan(3_000)
    expect(await query(engine, source, 'select count(*)::int from written')).toEqual([
      [writer.commits.length],
    ])
  })
})

describe('unlogged tables and sequences', () => {
  const make = `create unlogged table u (id serial primary key, i int);
    create unlogged table v (id int generated always as identity, t text);
    insert into u (i) select generate_series(1, 1000); insert into v (t) values ('x')`

  test.each([
    ['of now', async () => ({})],
    ['of a moment', async () => ({ at: new Date() })],
    ['of a moment, without data', async () => ({ at: new Date(), data: false })],
  ])('are empty and whole in a branch %s', async (_, options) => {
    await query(engine, source, make)
    const { id } = await branch(source, await options())
    expect(await query(engine, id, 'select count(*)::int from u', ofBranch)).toEqual([[0]])
    expect(await query(engine, id, 'insert into u (i) values (1) returning id', ofBranch)).toEqual([[1]])
    expect(await query(engine, id, "insert into v (t) values ('y') returning id", ofBranch)).toEqual([[1]])
    expect(await query(engine, id, 'select count(*) >= 2 from pg_sequences', ofBranch)).toEqual([[true]])
    await query(engine, id, 'truncate u restart identity; alter table u set logged', ofBranch)
    await engine.stop(id)
    expect(await query(engine, id, 'select count(*)::int from u', ofBranch)).toEqual([[0]])
  })
})

describe('what a branch takes over', () => {
  test('is no password: admin has the new one, every other login role none, and they are named', async () => {
    await query(engine, source, `create role app login password '${makeScramVerifier('app')}'`)
    await query(engine, source, `create role job nologin password '${makeScramVerifier('job')}'`)
    await query(engine, source, 'create role quiet login')
    const ofApp = await engine.rolePassword(source, 'app')
    const { id, lostPasswords } = await branch(source)
    expect(lostPasswords).toEqual(['app', 'job'])
    const asApp = { user: 'app', password: ofApp ?? '' }
    await expect(query(engine, id, 'select 1', asApp)).rejects.toMatchObject({ code: '28P01' })
    expect(await engine.roleVerifier(id, 'app')).toBeNull()
    expect((await engine.roleVerifier(id, 'admin'))?.verifier).toBe(branchVerifier)
    expect((await engine.roleVerifier(source, 'admin'))?.verifier).toBe(adminVerifier)
    expect(await engine.roleVerifier(source, 'app')).not.toBeNull()
  })

  test('is no subscription', async () => {
    const sql = `create subscription s connection 'host=nowhere' publication p with (connect = false)`
    await query(engine, source, sql, { user: 'db9_super' })
    const { id } = await branch(source)
    expect(await query(engine, id, 'select subname from pg_subscription', { user: 'db9_super' })).toEqual([])
    expect(await query(engine, source, 'select subname from pg_subscription', { user: 'db9_super' })).toEqual(
      [['s']],
    )
  })

  test('is no client before it is published, and nothing once it is discarded', async () => {
    const id = newId('database')
    await engine.stage(id, { kind: 'database', id: source, at: 'now', data: true })
    await expect(engine.connect(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(engine.publish(id)).rejects.toMatchObject({ code: 'failed' })
    await engine.discard(id)
    expect(entriesOf(id)).toEqual([])
    await engine.discard(id)
  })
})

describe('a step done again', () => {
  test('ends as it did the first time', async () => {
    await query(engine, source, `create role app login password '${makeScramVerifier('app')}'`)
    const id = newId('database')
    const origin = { kind: 'database', id: source, at: 'now', data: true } as const
    for (let i = 0; i < 2; i++) await engine.stage(id, origin)
    for (let i = 0; i < 2; i++) {
      expect(await engine.resetSecrets(id, { adminVerifier: branchVerifier })).toEqual({
        lostPasswords: ['app'],
      })
    }
    for (let i = 0; i < 2; i++) await engine.publish(id)
    await engine.stage(id, origin)
    expect(await engine.resetSecrets(id, { adminVerifier: branchVerifier })).toEqual({
      lostPasswords: ['app'],
    })
    expect(await query(engine, id, 'select 1', ofBranch)).toEqual([[1]])
    expect(entriesOf(id)).toEqual([id])
  })

  test('called off, it leaves what the next attempt replaces', async () => {
    const id = newId('database')
    const origin = { kind: 'database', id: source, at: 'now', data: true } as const
    const signal = AbortSignal.timeout(30)
    await expect(engine.stage(id, origin, { signal })).rejects.toMatchObject({ code: 'unavailable' })
    await engine.stage(id, origin)
    await engine.discard(id)
  })

  test('of a source that is not there is refused, and leaves nothing', async () => {
    const id = newId('database')
    const origin = { kind: 'database', id: newId('database'), at: 'now', data: true } as const
    await expect(engine.stage(id, origin)).rejects.toMatchObject({ code: 'not_found' })
    await engine.discard(id)
    expect(entriesOf(id)).toEqual([])
  })
})

describe('the schema alone', () => {
  const MARK = 'b7f3secretb7f3'

  async function fill(): Promise<void> {
    await query(
      engine,
      source,
      `create table parent (id int generated always as identity primary key, note text default 'kept');
       create table child (id serial, parent int references parent, secret text);
       create table parted (id int references parent, at date) partition by range (at);
       create table parted_1 partition of parted for values from ('2020-01-01') to ('2030-01-01');
       insert into parent (note) select 'n' from generate_series(1, 10);
       insert into child (parent, secret) select 1, '${MARK}' from generate_series(1, 500);
       insert into parted values (1, '2025-05-05');
       create materialized view mv as select secret from child;
       create sequence alone; select nextval('alone'), nextval('alone');
       create function boom() returns trigger language plpgsql as $$
         begin raise exception 'the trigger ran as %', current_user; end $$;
       create trigger t before truncate on parent execute function boom();
       create trigger u after truncate on child execute function boom();
       alter table parent enable always trigger t;
       alter table child enable replica trigger u;
       analyze child;
       select lo_from_bytea(0, '${MARK}');`,
    )
    await query(engine, source, 'create database other')
    await query(engine, source, `create table t as select '${MARK}'::text as secret`, { database: 'other' })
    await query(engine, source, 'alter database other with is_template true allow_connections false')
  }

  test('has every table and no row, and nothing of them is in its files', async () => {
    await fill()
    const { id } = await branch(source, { data: false })
    const counts =
      'select (select count(*) from parent), (select count(*) from child), (select count(*) from parted)'
    expect(await query(engine, id, counts, ofBranch)).toEqual([['0', '0', '0']])
    await expect(query(engine, id, 'select from mv', ofBranch)).rejects.toMatchObject({ code: '55000' })
    expect(
      await query(
        engine,
        id,
        "insert into parent default values returning id, note, nextval('alone')",
        ofBranch,
      ),
    ).toEqual([[1, 'kept', '1']])
    const triggers = "select tgname, tgenabled from pg_trigger where tgname in ('t', 'u') order by 1"
    expect(await query(engine, id, triggers, ofBranch)).toEqual([
      ['t', 'A'],
      ['u', 'R'],
    ])
    await query(engine, id, 'alter database other with allow_connections true', ofBranch)
    expect(await query(engine, id, 'select count(*) from t', { ...ofBranch, database: 'other' })).toEqual([
      ['0'],
    ])
    await engine.stop(id)
    expect(filesWith(join(engine.dataFolder, id), MARK)).toEqual([])
    expect(filesWith(join(engine.dataFolder, source), MARK)).not.toEqual([])
    expect(await query(engine, source, 'select count(*)::int from child')).toEqual([[500]])
  })

  test('keeps the records of migrations, and numbers the next one on', async () => {
    await query(
      engine,
      source,
      `create table public._prisma_migrations (id serial primary key, name text);
       insert into public._prisma_migrations (name) values ('first'), ('second');
       create schema db9_migrations; create table db9_migrations.migrations (id int generated always as identity, name text);
       insert into db9_migrations.migrations (name) values ('one');
       create table public.migrations (secret text); insert into public.migrations values ('secret')`,
    )
    const { id } = await branch(source, { data: false })
    expect(
      await query(
        engine,
        id,
        "insert into _prisma_migrations (name) values ('third') returning id",
        ofBranch,
      ),
    ).toEqual([[3]])
    expect(await query(engine, id, 'select name from _prisma_migrations order by id', ofBranch)).toEqual([
      ['first'],
      ['second'],
      ['third'],
    ])
    expect(
      await query(
        engine,
        id,
        "insert into db9_migrations.migrations (name) values ('two') returning id",
        ofBranch,
      ),
    ).toEqual([[2]])
    expect(await query(engine, id, 'select count(*)::int from public.migrations', ofBranch)).toEqual([[0]])
  })

  test('keeps the rows of tables that are named, with partitions and sequences', async () => {
    await fill()
    await query(
      engine,
      source,
      `create table lookup (id serial primary key, label text); insert into lookup (label) values ('a'), ('b');
       create schema s; create table s.part (at date, v int references public.lookup) partition by range (at);
       create table s.part_1 partition of s.part for values from ('2020-01-01') to ('2030-01-01');
       insert into s.part values ('2025-01-01', 1)`,
    )
    const keep = [
      { schema: 'public', name: 'lookup' },
      { schema: 's', name: 'part' },
    ]
    const { id } = await branch(source, { data: false, keep })
    expect(await query(engine, id, 'select label from lookup order by id', ofBranch)).toEqual([['a'], ['b']])
    expect(await query(engine, id, "insert into lookup (label) values ('c') returning id", ofBranch)).toEqual(
      [[3]],
    )
    expect(await query(engine, id, 'select count(*)::int from s.part', ofBranch)).toEqual([[1]])
    expect(await query(engine, id, 'select count(*)::int from child', ofBranch)).toEqual([[0]])
  })

  test.each([
    [{ schema: 'public', name: 'nothing' }, 'keep_data: there is no table "public"."nothing"'],
    [
      { schema: 'public', name: 'child' },
      'keep_data: public.child refers to public.parent, which has to be kept too',
    ],
  ])('refuses to keep %j where that cannot be', async (table, message) => {
    await fill()
    const id = newId('database')
    await engine.stage(id, { kind: 'database', id: source, at: 'now', data: false, keep: [table] })
    await expect(engine.resetSecrets(id, { adminVerifier: branchVerifier })).rejects.toMatchObject({
      code: 'unsupported',
      message,
    })
    await engine.discard(id)
    expect(entriesOf(id)).toEqual([])
  })

  test('keeps no row that an extension has for its users, such as jobs of pg_cron, and nothing of auth', async () => {
    await query(engine, source, 'create extension pg_cron')
    await query(engine, source, `select cron.schedule('nightly', '0 3 * * *', $c$select '${MARK}'$c$)`)
    await query(engine, source, `insert into auth.users (id, email) values (gen_random_uuid(), '${MARK}')`)
    await query(engine, source, `insert into cron.job_run_details (command) values ('${MARK}')`)
    const { id } = await branch(source, { data: false })
    for (const table of ['cron.job', 'cron.job_run_details', 'auth.users'])
      expect(await query(engine, id, `select count(*)::int from ${table}`, ofBranch)).toEqual([[0]])
    expect(await query(engine, id, "select cron.schedule('0 3 * * *', 'select 1')::int", ofBranch)).toEqual([
      [1],
    ])
    await engine.stop(id)
    expect(filesWith(join(engine.dataFolder, id), MARK)).toEqual([])
  })

  test('still counts the catalog’s versions', async () => {
    const { id } = await branch(source, { data: false })
    const before = await catalogVersion(engine, id)
    await query(engine, id, 'create table t (n int)', ofBranch)
    expect(await catalogVersion(engine, id)).toBe(before + 1)
  })
})

/** Folders and files may vanish meanwhile, as a base does that is being made. */
function filesWith(path: string, mark: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false })
  try {
    if (found?.isDirectory()) return readdirSync(path).flatMap((name) => filesWith(join(path, name), mark))
    return found?.isFile() && readFileSync(path).includes(mark) ? [path] : []
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
