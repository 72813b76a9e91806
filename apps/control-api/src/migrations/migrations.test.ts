import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
let made = 0
beforeAll(async () => {
  t = await startTestApi()
})
beforeEach(async () => {
  made += 1
  id = (await t.createDatabase(`app-${made}`)).id
})
afterAll(() => t?.dispose())

const apply = (name: string, sql: string, more: Record<string, unknown> = {}, token?: string) =>
  t.call('POST', `/databases/${id}/migrations`, {
    body: { name, sql, ...more },
    ...(token !== undefined && { token }),
  })
const list = async (query = '') => (await t.call('GET', `/databases/${id}/migrations${query}`)).json
const names = async (query = '') => (await list(query)).map(({ name }: { name: string }) => name)
const sumOf = (sql: string) => `sha256:${createHash('sha256').update(sql).digest('hex')}`
const rows = async (query: string) => (await t.sql(id, query)).json.rows

const USERS = 'CREATE TABLE users (id SERIAL PRIMARY KEY, email TEXT NOT NULL);'

test('applies the reference’s example, and lists it with checksum, time and preview', async () => {
  expect(await list()).toEqual([])
  const { status, json } = await apply('add_users_table', USERS)
  expect([status, json]).toEqual([201, { status: 'applied', name: 'add_users_table' }])
  expect(await list()).toEqual([
    {
      name: 'add_users_table',
      checksum: sumOf(USERS),
      applied_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      sql_preview: USERS,
      state: 'applied',
    },
  ])
  expect(await rows("select tableowner from pg_tables where schemaname = 'public'")).toEqual([['admin']])
})

describe('a second time', () => {
  test('is 409 by the same name, and changes nothing', async () => {
    await apply('one', 'create table one (n int)')
    const again = await apply('one', 'create table one (n int)')
    expect([again.status, again.json]).toEqual([
      409,
      { message: 'the migration "one" has been applied already', code: 'conflict' },
    ])
    const other = await apply('one', 'create table two (n int)')
    expect(other.status).toBe(409)
    for (const sql of ['create table one (n int)', 'create table two (n int)'])
      expect(other.json.message).toContain(sumOf(sql))
    expect(await rows("select to_regclass('two')")).toEqual([[null]])
    expect(await names()).toEqual(['one'])
  })

  test('at once is 409 for all but one', async () => {
    const sql = 'create table once (n int); select pg_sleep(0.2)'
    const replies = await Promise.all([1, 2, 3, 4].map(() => apply('once', sql)))
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  })

  test('by the same Idempotency-Key is the first reply', async () => {
    const send = () =>
      t.call('POST', `/databases/${id}/migrations`, {
        body: { name: 'one', sql: 'create table one (n int)' },
        headers: { 'idempotency-key': 'one' },
      })
    expect([(await send()).status, (await send()).status]).toEqual([201, 201])
  })
})

describe('what fails', () => {
  test('leaves nothing of its transaction, says where, and may be applied again', async () => {
    const reply = await apply('broken', 'create table left_over (n int);\nselect * from absent;')
    expect([reply.status, reply.json]).toMatchObject([
      422,
      { code: '42P01', message: 'relation "absent" does not exist', position: 47 },
    ])
    expect(await rows("select to_regclass('left_over')")).toEqual([[null]])
    expect(await list('?all=true')).toEqual([])
    expect((await apply('broken', 'create table mended (n int)')).status).toBe(201)
  })

  test('is not applied where the checksum is that of other SQL', async () => {
    const wrong = await apply('one', 'create table one (n int)', { checksum: sumOf('other') })
    expect([wrong.status, wrong.json.message]).toEqual([422, expect.stringContaining('checksum')])
    expect(await rows("select to_regclass('one')")).toEqual([[null]])
    const sql = 'create table one (n int)'
    expect((await apply('one', sql, { checksum: sumOf(sql) })).status).toBe(201)
    expect((await apply('two', 'select 2', { checksum: sumOf('select 2').slice(7) })).status).toBe(201)
  })

  test.each([
    [{ name: 'x' }, 400, 'sql: is required'],
    [{ sql: 'select 1' }, 400, 'name: is required'],
    [{ name: '', sql: 'select 1' }, 400, 'name'],
    [{ name: 'x'.repeat(129), sql: 'select 1' }, 400, 'name'],
    [{ name: 'a\nb', sql: 'select 1' }, 400, 'name'],
    [{ name: 'x', sql: 'select \0' }, 400, 'sql'],
    [{ name: 'x', sql: 'select 1', force: true }, 400, 'force'],
    [{ name: 'x', sql: 'copy pg_class to stdout' }, 400, 'COPY … TO STDOUT'],
    [{ name: 'x', sql: 'create table t (n int); copy t from stdin' }, 400, 'COPY … FROM STDIN'],
    [{ name: 'x', sql: 'select 1', checksum: 'abc123' }, 422, 'checksum'],
  ])('%j returns %i and applies nothing', async (body, status, text) => {
    const reply = await t.call('POST', `/databases/${id}/migrations`, { body })
    expect([reply.status, reply.json.message]).toEqual([status, expect.stringContaining(text)])
    expect(await list('?all=true')).toEqual([])
    expect(await rows("select to_regclass('t')")).toEqual([[null]])
  })
})

describe('without a transaction', () => {
  test('a statement that cannot run in one is refused with a hint, and runs with -- db9:no-transaction', async () => {
    await apply('users', USERS)
    const sql = 'create index concurrently users_by_email on users (email); vacuum users;'
    const refused = await apply('index', sql)
    expect([refused.status, refused.json.code]).toEqual([422, '25001'])
    expect(refused.json.hint).toContain('-- db9:no-transaction')
    expect((await apply('index', `-- db9:no-transaction\n${sql}`)).status).toBe(201)
    expect(
      await rows("select indisvalid from pg_index where indexrelid = 'users_by_email'::regclass"),
    ).toEqual([[true]])
    expect(await names()).toEqual(['users', 'index'])
  })

  test('what fails in the middle keeps what ran before, is shown as failed, and may be applied again', async () => {
    const sql = '-- db9:no-transaction\ncreate table first (é int);\nselect * from absent;\n'
    const { status, json } = await apply('half', sql)
    expect([status, json]).toMatchObject([422, { code: '42P01', position: sql.indexOf('absent') + 1 }])
    expect(await list()).toEqual([])
    expect(await list('?all=true')).toMatchObject([{ name: 'half', state: 'failed' }])
    expect(await rows("select to_regclass('first') is not null")).toEqual([[true]])
    const mended = '-- db9:no-transaction\ncreate table if not exists first (é int);'
    expect((await apply('half', mended)).status).toBe(201)
    expect(await list()).toMatchObject([{ name: 'half', state: 'applied', checksum: sumOf(mended) }])
  })
})

test('a text that begins and commits by itself is applied, and failed where it fails after that', async () => {
  expect((await apply('wrapped', 'begin; create table wrapped (n int); commit;')).status).toBe(201)
  expect(await list()).toMatchObject([{ name: 'wrapped', state: 'applied' }])
  const late = await apply('late', 'create table late (n int); commit; select * from absent')
  expect(late.status).toBe(422)
  expect(await list('?all=true')).toMatchObject([
    { name: 'wrapped', state: 'applied' },
    { name: 'late', state: 'failed' },
  ])
})

test('what the text sets for its session does not keep it from being recorded', async () => {
  const sql = `create role other; set role other; set search_path = ''; set default_transaction_read_only = on;
    create temp table migrations (n int)`
  expect((await apply('settings', sql)).status).toBe(201)
  expect(await names()).toEqual(['settings'])
})

test('a statement waits 5 seconds for a lock at most, unless the text says otherwise', async () => {
  await apply('users', USERS)
  const blocker = t.sql(id, 'begin; lock users; select pg_sleep(8); commit')
  await expect
    .poll(
      async () =>
        (
          await rows(
            "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 'users'::regclass",
          )
        )[0][0],
    )
    .toBe('1')
  const waited = await apply('blocked', 'alter table users add note text')
  expect([waited.status, waited.json.code]).toEqual([422, '55P03'])
  expect(
    (await apply('patient', "set local lock_timeout = '30s'; alter table users add note text")).status,
  ).toBe(201)
  expect((await blocker).status).toBe(200)
}, 40_000)

test('returns 503 where another session keeps the lock of migrations, and applies nothing', async () => {
  const holding = t.sql(id, 'select pg_advisory_lock(730990019), pg_sleep(14)')
  await expect
    .poll(
      async () =>
        (await t.sql(id, "select count(*)::int from pg_locks where locktype = 'advisory' and granted")).json
          .rows,
    )
    .toEqual([[1]])
  const reply = await apply('waits-in-vain', 'create table in_vain (n int)')
  expect([reply.status, reply.json.code]).toEqual([503, 'unavailable'])
  expect((await t.sql(id, 'select from in_vain')).json.code).toBe('42P01')
  await holding
}, 60_000)

test('passwords are in no preview', async () => {
  await apply('login', "create role someone login password 'a-secret'")
  expect((await list())[0].sql_preview).toBe("create role someone login password '***'")
  expect(t.logged()).not.toContain('a-secret')
})

test('the record is nobody’s but admin’s: a role that took its place is refused, and gets no right', async () => {
  await t.sql(
    id,
    `create role mallory; grant create on database postgres to mallory; set role mallory;
     create schema db9_migrations; create table db9_migrations.migrations (name text);
     grant all on schema db9_migrations to admin; grant all on db9_migrations.migrations to admin;`,
  )
  const refused = await apply('one', 'create table one (n int)')
  expect([refused.status, refused.json.message]).toEqual([
    409,
    expect.stringContaining('belongs to another role'),
  ])
  expect(await rows("select to_regclass('one')")).toEqual([[null]])
  expect(await list()).toEqual([])
})

test('no role of the data plane may read the record, or put a trigger on it', async () => {
  await apply('one', 'select 1')
  const reply = await t.sql(
    id,
    `select distinct has_table_privilege(role, 'db9_migrations.migrations', 'select, trigger')
       from unnest('{anon,authenticated,service_role,postgres}'::name[]) role`,
  )
  expect(reply.json.rows).toEqual([[false]])
})

test('lists pages in the order of their application', async () => {
  for (const name of ['b', 'a', 'c']) await apply(name, 'select 1')
  const first = await t.call('GET', `/databases/${id}/migrations?limit=2`)
  expect(first.json.map(({ name }: { name: string }) => name)).toEqual(['b', 'a'])
  const next = /<\/customer([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
  expect((await t.call('GET', next)).json).toMatchObject([{ name: 'c' }])
})

test.each([true, false])('a branch has the migrations of its source, with data: %s', async (data) => {
  await apply('one', 'create table one (n int)')
  const { json: branch } = await t.call('POST', `/databases/${id}/branch`, {
    body: { name: `branch-${made}`, data },
  })
  expect((await t.call('GET', `/databases/${branch.id}/migrations`)).json).toMatchObject([{ name: 'one' }])
  const again = await t.call('POST', `/databases/${branch.id}/migrations`, {
    body: { name: 'one', sql: 'select 1' },
  })
  expect(again.status).toBe(409)
})

describe('a scoped token', () => {
  const tokenFor = async (access: string) => {
    const scope_json = JSON.stringify({ databases: [{ id, access }] })
    return (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
  }

  test('ro lists and does not apply', async () => {
    const token = await tokenFor('ro')
    expect((await apply('one', 'create table one (n int)', {}, token)).status).toBe(403)
    expect((await t.call('GET', `/databases/${id}/migrations`, { token })).json).toEqual([])
  })

  test('rw applies, and changes no role', async () => {
    const token = await tokenFor('rw')
    expect((await apply('one', 'create table one (n int)', {}, token)).status).toBe(201)
    const refused = await apply('two', 'create table two (n int); create role mine login', {}, token)
    expect([refused.status, refused.json.message]).toEqual([
      403,
      expect.stringContaining('cannot create or change roles'),
    ])
    expect(await rows("select to_regclass('two'), to_regrole('mine')")).toEqual([[null, null]])
    expect(await names()).toEqual(['one'])
  })
})

test('the audit log says what was applied', async () => {
  await apply('one', 'select 1')
  await apply('broken', 'select absent')
  const { json } = await t.call('GET', `/audit-logs?tenant_id=${id}&resource_type=migration`)
  expect(json).toMatchObject([
    { resource_name: 'broken', success: false, error_message: 'column "absent" does not exist' },
    { resource_name: 'one', success: true },
  ])
})
