/** The role that only reads: in new databases, and in those of an earlier release. */
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accessTo, adminVerifier, query } from '../../../testing/databases.ts'
import { makeEarlier } from '../../../testing/earlier-schemas.ts'
import { startTestEngine, type TestEngine } from '../../../testing/engine.ts'
import type { EmbeddedEngine } from '../../embedded-engine.ts'
import { prepare } from '../../sql/prepare.ts'

let testEngine: TestEngine
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  testEngine = await startTestEngine()
  engine = testEngine.engine
})
afterAll(() => testEngine?.dispose())
beforeEach(async () => {
  id = newId('database')
  await engine.create({ id, adminVerifier })
})

const reader = { user: 'db9_reader' }
const asReader = (text: string) => query(engine, id, text, reader)
const asSuperuser = (text: string) => query(engine, id, text, { user: 'db9_super' })

test('reads what is made by whatever command, and is no member of what would show it more', async () => {
  await query(
    engine,
    id,
    `create table t as select 1 as n; create view v as table t; create materialized view m as table t;
     create table parted (n int) partition by list (n); create table part partition of parted default;
     create schema s create table inner_table (n int); create sequence s.seq; create temp table own (n int);
     select 2 as n into s.into_table`,
  )
  for (const name of ['t', 'v', 'm', 'parted', 'part', 's.inner_table', 's.seq', 's.into_table'])
    expect(await asReader(`select from ${name}`), name).toBeDefined()
  const attributes = 'rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls'
  expect(await asSuperuser(`select ${attributes} from pg_roles where rolname = 'db9_reader'`)).toEqual([
    [false, false, false, false, true],
  ])
  expect(
    await asSuperuser(
      `select roleid::regrole::text from pg_auth_members where member = 'db9_reader'::regrole order by 1`,
    ),
  ).toEqual([['pg_read_all_settings'], ['pg_read_all_stats']])
  await expect(asReader('select * from pg_authid')).rejects.toMatchObject({ code: '42501' })
})

test('out of the read-only mode it still writes nothing', async () => {
  await query(engine, id, 'create table t as select 1 as n; create sequence q')
  for (const attack of [
    'insert into t values (2)',
    'update t set n = 2',
    'delete from t',
    'truncate t',
    'drop table t',
    'create table mine (n int)',
    'create schema mine',
    `select nextval('q')`,
    'lock table t in access share mode nowait; lock table t in exclusive mode nowait',
    'set role admin',
    'checkpoint',
    `select pg_read_file('PG_VERSION')`,
    `copy t to '/tmp/of-the-reader'`,
    `alter role db9_reader createrole`,
    `create role mine`,
  ])
    await expect(
      asReader(`set default_transaction_read_only = off; begin read write; ${attack}; commit`),
      attack,
    ).rejects.toMatchObject({ code: '42501' })
  expect(await query(engine, id, 'table t')).toEqual([[1]])
})

test('a database of an earlier release gets it at its next start, with all that is there', async () => {
  await makeEarlier(engine, id, 9)
  await query(
    engine,
    id,
    'create schema app; create table app.t as select 7 as n; create view v as table app.t',
  )
  await asSuperuser('drop owned by db9_reader; drop role db9_reader')
  const access = await accessTo(engine, id)
  for (let time = 1; time <= 2; time++) expect(await prepare(access, false)).toBe(true)
  expect(await asReader('select n from app.t natural join v')).toEqual([[7]])
  await query(engine, id, 'create table later as select 8 as n')
  expect(await asReader('table later')).toEqual([[8]])
})

test('a role of its name that an owner of an earlier release has made is renamed, and gets nothing', async () => {
  await makeEarlier(engine, id, 9)
  await asSuperuser('drop owned by db9_reader; drop role db9_reader')
  await query(engine, id, `create role db9_reader login password '${makeScramVerifier('theirs')}'`)
  const access = await accessTo(engine, id)
  expect(await prepare(access, false)).toBe(true)
  await query(engine, id, 'create table t as select 7 as n')
  expect(await asReader('table t')).toEqual([[7]])
  const theirs = await asSuperuser(
    `select rolname, rolbypassrls from pg_roles where rolname ~ '^db9_reader_\\d+$'`,
  )
  expect(theirs).toEqual([[expect.any(String), false]])
  await expect(
    query(engine, id, 'table t', { user: String(theirs[0]?.[0]), password: 'theirs' }),
  ).rejects.toMatchObject({ code: '42501' })
})
