/** A read-write token and what could outlive it: logins, passwords, memberships. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
let rw: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('shared')).id
  const scope_json = JSON.stringify({ databases: [{ id, access: 'rw' }] })
  rw = (await t.call('POST', '/tokens', { body: { scope_json } })).json.token
  await t.sql(id, 'create role app login; create table t (n int); insert into t values (1)')
})
afterAll(() => t?.dispose())

const asRw = (query: string) => t.sql(id, query, { token: rw })

/** All roles, who is a member of which, and the verifiers of those that may log in. */
async function rolesOf() {
  const { json } = await t.sql(
    id,
    `select (select json_agg(r order by rolname) from (
               select rolname, rolcanlogin, rolcreaterole, rolcreatedb, rolbypassrls, rolsuper from pg_roles) r),
            (select json_agg(m order by roleid, member) from (
               select roleid::regrole::text, member::regrole::text, admin_option, inherit_option, set_option from pg_auth_members) m)`,
  )
  const verifiers = [await t.engine.roleVerifier(id, 'admin'), await t.engine.roleVerifier(id, 'app')]
  return JSON.stringify([json.rows, verifiers])
}

/** Two functions that change a password for any caller; Postgres takes the first for one that changes nothing. */
const changing = (name: string, body: string) =>
  `create function ${name}_now() returns int language plpgsql as $f$ begin ${body}; return 1; end $f$;
   create function ${name}(int) returns int language plpgsql immutable as $f$ begin return public.${name}_now(); end $f$`
const SET_PASSWORD = `alter role admin password 'kept-by-the-token'`

describe('a read-write token changes no role', () => {
  test.each([
    ['the password of admin', SET_PASSWORD],
    ['a role’s password', `alter role app password 'x'`],
    ['a new login', `create role mine login password 'x'`],
    ['a new user', `create user mine password 'x'`],
    ['a role that is dropped', 'drop role app'],
    ['an attribute', 'alter role app createrole'],
    ['a membership', 'grant app to anon'],
    ['a new name', 'alter role app rename to mine'],
    ['in the midst of other statements', `insert into t values (2); ${SET_PASSWORD}; commit`],
    ['after a commit', `begin; insert into t values (1); commit; begin; ${SET_PASSWORD}; commit`],
    ['in a block', `do $$ begin ${SET_PASSWORD}; end $$`],
    [
      'as the owner, in a function with the definer’s rights',
      `${changing('definer', SET_PASSWORD)}; alter function definer_now() security definer; select definer(1)`,
    ],
    [
      'as the owner, in an index that is built',
      `create table planted as select 1 as n; ${changing('planted_in_index', SET_PASSWORD)};
       create index on planted (planted_in_index(n))`,
    ],
    [
      'as the owner, in a view that is filled',
      `${changing('planted_in_view', SET_PASSWORD)}; create materialized view filled as select planted_in_view_now()`,
    ],
    ['in a trigger', triggering()],
    ['where the error is caught', `do $$ begin ${SET_PASSWORD}; exception when others then null; end $$`],
  ])('%s', async (_, query) => {
    const before = await rolesOf()
    const { status, json } = await asRw(query)
    expect([status, json.code]).toEqual([403, 'forbidden'])
    expect(json.message).toContain('cannot create or change roles')
    expect(await rolesOf()).toBe(before)
  })

  test('where its own lock timeout is shorter', async () => {
    const before = await rolesOf()
    const query = `set lock_timeout = '1ms'; do $$ begin ${SET_PASSWORD}; exception when lock_not_available then null; end $$`
    expect([200, 403]).toContain((await asRw(query)).status)
    expect(await rolesOf()).toBe(before)
  })

  test('and a refused change leaves nothing of its transaction', async () => {
    expect((await asRw(`insert into t values (77); ${SET_PASSWORD}`)).status).toBe(403)
    expect((await t.sql(id, 'select count(*)::int from t where n = 77')).json.rows).toEqual([[0]])
  })
})

function triggering(): string {
  return `create table watched (n int);
    create function on_write() returns trigger language plpgsql as $f$ begin ${SET_PASSWORD}; return new; end $f$;
    create trigger watching before insert on watched for each row execute function on_write();
    insert into watched values (1)`
}

describe('a read-write token writes', () => {
  test('rows and definitions, which are the owner’s', async () => {
    expect((await asRw('create table made (n int); insert into made values (1)')).status).toBe(200)
    expect((await asRw('grant select on made to anon; alter table made add m int; vacuum made')).status).toBe(
      422,
    )
    expect((await asRw('grant select on made to anon; alter table made add m int')).status).toBe(200)
    expect((await asRw('vacuum analyze made')).status).toBe(200)
    const { json } = await t.sql(id, `select tableowner from pg_tables where tablename = 'made'`)
    expect(json.rows).toEqual([['admin']])
  })

  test('several statements at a time', async () => {
    const replies = await Promise.all(Array.from({ length: 6 }, (_, i) => asRw(`select ${i}`)))
    expect(replies.map(({ json }) => json.rows)).toEqual(Array.from({ length: 6 }, (_, i) => [[i]]))
  })
})

test('a token of the whole account changes roles once the statement of a read-write token ends', async () => {
  const slow = asRw('select pg_sleep(1)')
  const change = await t.sql(id, `alter role app createdb`)
  expect(change.status).toBe(200)
  expect((await slow).status).toBe(200)
})

test('a cancelled statement ends before roles may change again', async () => {
  const before = await rolesOf()
  const leaving = new AbortController()
  const cut = t
    .sql(id, `select pg_sleep(0.2); ${SET_PASSWORD}`, { token: rw, signal: leaving.signal })
    .catch(() => null)
  setTimeout(() => leaving.abort(), 100)
  await cut
  expect((await asRw('select 1')).status).toBe(200)
  expect(await rolesOf()).toBe(before)
})

test('revoking a token ends its running statements and their connections', async () => {
  const scope_json = JSON.stringify({ databases: [{ id, access: 'rw' }] })
  const { json: token } = await t.call('POST', '/tokens', { body: { scope_json } })
  const running = t.sql(id, 'select pg_sleep(50)', { token: token.token })
  const count = `select count(*)::int from pg_stat_activity where query = 'select pg_sleep(50)' and state = 'active'`
  const open = async () => (await t.sql(id, count)).json.rows[0][0]
  await expect.poll(open, { timeout: 10_000 }).toBe(1)
  expect((await t.call('DELETE', `/tokens/${token.id}`)).status).toBe(200)
  const { status, json } = await running
  expect([status, json.message]).toEqual([401, 'the token was revoked'])
  expect(await open()).toBe(0)
})
