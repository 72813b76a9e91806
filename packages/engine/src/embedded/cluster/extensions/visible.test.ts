/** Which extensions an owner is offered, and what is said of the others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientOf, query } from '../../../testing/databases.ts'
import { startTestDatabase, type TestDatabase } from '../../../testing/engine.ts'
import type { EmbeddedEngine } from '../../embedded-engine.ts'
import { TRUSTED_CONTRIB } from './audited.ts'
import { OWN_EXTENSIONS } from './stubs.ts'

let database: TestDatabase
let engine: EmbeddedEngine
let id: string
beforeAll(async () => {
  database = await startTestDatabase()
  ;({ engine, id } = database)
})
afterAll(() => database?.dispose())

/** Runs statements in a transaction that leaves nothing. */
async function attempt(text: string, ...last: string[]): Promise<unknown[]> {
  const client = await clientOf(engine, id)
  try {
    await client.query(`begin; ${text}`)
    const found = []
    for (const each of last) found.push(...(await client.query({ text: each, rowMode: 'array' })).rows)
    return found
  } finally {
    await client.end()
  }
}

test('creates the trusted extensions of contrib', async () => {
  for (const name of [
    'pg_trgm',
    'hstore',
    'citext',
    'pgcrypto',
    'uuid-ossp',
    'ltree',
    'btree_gist',
    'unaccent',
  ])
    await query(engine, id, `create extension if not exists "${name}" schema extensions`)
  expect(await query(engine, id, `select extensions.similarity('word', 'words') > 0.5`)).toEqual([[true]])
})

test('creates every extension that is offered, as admin', async () => {
  const offered = await query(
    engine,
    id,
    "select name from pg_available_extensions where installed_version is null and name <> 'earthdistance' order by 1",
  )
  expect(offered.length).toBeGreaterThan(20)
  for (const [name] of offered) await attempt(`create extension "${name}" cascade`)
  for (const name of TRUSTED_CONTRIB)
    await attempt(`create extension if not exists ${name} schema extensions cascade`)
})

test('the list that the engine gives is that of a server', async () => {
  const offered = await query(
    engine,
    id,
    'select name::text, default_version from pg_available_extensions order by 1',
  )
  expect(engine.extensions().map(({ name, version }) => [name, version])).toEqual(offered)
  const sources = Object.fromEntries(engine.extensions().map(({ name, source }) => [name, source]))
  expect(sources).toMatchObject({
    pg_cron: 'stub',
    pgjwt: 'db9',
    moddatetime: 'postgres',
    citext: 'postgres',
  })
})

test('moddatetime sets the time of a change', async () => {
  const [[isLater]] = (await attempt(
    `create extension if not exists moddatetime schema extensions;
     create table t (id int, at timestamptz default '2000-01-01');
     create trigger t before update on t for each row execute procedure moddatetime(at);
     insert into t (id) values (1); update t set id = 2`,
    "select at > '2001-01-01' from t",
  )) as [[boolean]]
  expect(isLater).toBe(true)
})

describe('what is not offered', () => {
  test.each([
    ['vector', 'DB9_EXTENSIONS'],
    ['dblink', 'no network'],
    ['postgres_fdw', 'no network'],
    ['file_fdw', 'no files'],
    ['postgis', 'DB9_PG_FOLDER'],
    ['pageinspect', 'pg_available_extensions'],
    ['refint', 'pg_available_extensions'],
    ['plperl', 'pg_available_extensions'],
    ['pltcl', 'pg_available_extensions'],
    ['jsonb_plperl', 'pg_available_extensions'],
  ])('is %s, and the error says what to do', async (name, hint) => {
    const refusal = {
      code: '0A000',
      message: `extension "${name}" is not available`,
      hint: expect.stringContaining(hint),
    }
    for (const text of [name, `if not exists ${name} with schema extensions`, `"${name}"`])
      await expect(query(engine, id, `CREATE  extension ${text}`), text).rejects.toMatchObject(refusal)
  })

  test('is told so by a script of several commands too, which leaves nothing', async () => {
    const text = 'create table left_over (id int); create extension pg_trgm cascade; create extension vector'
    await expect(query(engine, id, text)).rejects.toMatchObject({
      code: expect.stringMatching('0A000|42710'),
    })
    expect(await query(engine, id, "select to_regclass('left_over')")).toEqual([[null]])
  })

  test('is told so once where the statement itself goes on', async () => {
    await query(
      engine,
      id,
      `do $$ begin create extension vector; exception when feature_not_supported then null; end $$`,
    )
  })

  test('are languages of another interpreter', async () => {
    const text = `select lanname from pg_language where lanpltrusted order by 1`
    expect(await query(engine, id, text)).toEqual([['plpgsql'], ['sql']])
  })
})

describe('an extension of ours', () => {
  test.each(OWN_EXTENSIONS.filter(({ isTrusted }) => !isTrusted).map(({ name }) => name))(
    '%s gives nothing that belongs to the superuser',
    async (name) => {
      const [rows] = await attempt(
        `create extension ${name}`,
        `select count(*)::int from pg_depend d
       where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
         and d.refobjid = (select oid from pg_extension where extname = '${name}')
         and 'db9_super'::regrole in (
           (select relowner from pg_class where d.classid = 'pg_class'::regclass and oid = d.objid),
           (select proowner from pg_proc where d.classid = 'pg_proc'::regclass and oid = d.objid),
           (select nspowner from pg_namespace where d.classid = 'pg_namespace'::regclass and oid = d.objid))`,
      )
      expect(rows).toEqual([0])
    },
  )

  test.each(['', 'schema public', 'with schema extensions', 'with schema pg_catalog'])(
    'pg_cron (%s) keeps jobs',
    async (place) => {
      const rows = await attempt(
        `create extension if not exists pg_cron ${place}; grant usage on schema cron to postgres;
         grant all privileges on all tables in schema cron to postgres;
         select cron.schedule('nightly', '0 0 * * *', $$ select 1 $$);
         select cron.schedule('nightly', '0 3 * * *', $$ select 2 $$);
         select cron.schedule('0 1 * * *', 'vacuum'); select cron.alter_job(1, active := false);`,
        'select jobname, schedule, command, active from cron.job order by jobid',
        `select cron.unschedule('nightly')`,
      )
      expect(rows).toEqual([
        ['nightly', '0 3 * * *', ' select 2 ', false],
        [null, '0 1 * * *', 'vacuum', true],
        [true],
      ])
    },
  )

  test('pg_net sends nothing, warns, and lets a trigger of an anonymous caller go on', async () => {
    const rows = await attempt(
      `create extension pg_net with schema extensions;
       create table t (id int); grant insert on t to anon;
       create function send() returns trigger language plpgsql as $$ begin
         perform net.http_post(url := 'http://example.com', body := jsonb_build_object('id', new.id)); return new; end $$;
       create trigger t after insert on t for each row execute function send();
       set role anon; insert into t values (1); reset role`,
      'select id from t',
    )
    expect(rows).toEqual([[1]])
  })

  test('pgjwt signs as others do, and tells a changed token', async () => {
    const token =
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWV9'
    const payload = '{"sub":"1234567890","name":"John Doe","admin":true}'
    const rows = await attempt(
      'create extension pgjwt with schema extensions',
      `select extensions.sign('${payload}', 'secret') = '${token}.' || extensions.algorithm_sign('${token}', 'secret', 'HS256')`,
      `select valid, payload ->> 'name' from extensions.verify(extensions.sign('${payload}', 'secret', 'HS512'), 'secret', 'HS512')`,
      `select valid from extensions.verify(extensions.sign('${payload}', 'secret'), 'other')`,
    )
    expect(rows).toEqual([[true], [true, 'John Doe'], [false]])
  })

  test.each([
    'create extension pg_graphql with schema graphql',
    'create extension supabase_vault with schema vault',
    'create extension pgsodium with schema pgsodium',
    'create extension if not exists pg_tle with schema pgtle',
    'create extension http with schema extensions; drop extension http',
  ])('as a dump creates it: %s', async (text) => {
    await attempt(text)
  })

  test('is guarded by name alone: no other may lie among Postgres’ own objects', async () => {
    for (const name of ['http', 'isn', 'pgjwt'])
      await expect(attempt(`create extension ${name} with schema pg_catalog`), name).rejects.toMatchObject({
        code: '42501',
      })
  })
})

test('shows no path of the installation to its owner', async () => {
  for (const name of [
    'data_directory',
    'hba_file',
    'extension_control_path',
    'dynamic_library_path',
    'unix_socket_directories',
  ]) {
    const [[value]] = (await query(engine, id, `select current_setting('${name}')`)) as [[string]]
    expect(value, name).not.toContain(database.base)
  }
})
