import { dirname } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('myapp')).id
})
afterAll(() => t?.dispose())

const users = () => t.call('GET', `/databases/${id}/users`)
const create = (body: unknown) => t.call('POST', `/databases/${id}/users`, { body })
const remove = (name: string) => t.call('DELETE', `/databases/${id}/users/${encodeURIComponent(name)}`)
const named = async (name: string) =>
  (await users()).json.find((user: { name: string }) => user.name === name)

async function login(user: string, password: string, database = 'postgres'): Promise<pg.Client> {
  const { address } = await t.engine.connect(id)
  if (address.kind !== 'unix') throw new Error('not a unix socket')
  const client = new pg.Client({ host: dirname(address.path), user, password, database })
  client.on('error', () => {})
  await client.connect()
  return client
}

test('a new database has its built-in roles, and the service’s own logins are not shown', async () => {
  const { status, json } = await users()
  expect(status).toBe(200)
  expect(json.map(({ name }: { name: string }) => name)).toEqual([
    'admin',
    'anon',
    'authenticated',
    'service_role',
  ])
  expect(json[0]).toMatchObject({
    name: 'admin',
    is_superuser: false,
    can_login: true,
    can_create_db: true,
    can_create_role: true,
    built_in: true,
  })
  expect(json[1]).toMatchObject({ can_login: false, bypasses_rls: false, built_in: true })
})

describe('a new user', () => {
  test('gets a password that it can log in with, and its connection strings', async () => {
    const { status, json } = await create({ username: 'app_user' })
    expect(status).toBe(201)
    expect(json).toEqual({
      message: "User 'app_user' created",
      username: 'app_user',
      password: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      connection_string: `postgresql://${id}.app_user@127.0.0.1:5433/postgres`,
      connection_string_with_password: `postgresql://${id}.app_user:${json.password}@127.0.0.1:5433/postgres`,
    })
    const client = await login('app_user', json.password)
    expect((await client.query('select current_user as who')).rows).toEqual([{ who: 'app_user' }])
    await client.end()
    expect(await named('app_user')).toEqual({
      name: 'app_user',
      is_superuser: false,
      can_login: true,
      can_create_db: false,
      can_create_role: false,
      bypasses_rls: false,
      built_in: false,
      member_of: [],
    })
    expect(t.logged()).not.toContain(json.password)
  })

  test('may have a given password, roles, and schemas to read or write, those of later tables too', async () => {
    await t.sql(id, 'create role staff; create schema app; create table app.before (id serial, note text)')
    const { json } = await create({
      username: 'worker',
      password: "play'ground 123",
      roles: ['staff'],
      grants: [{ schema: 'app', access: 'rw' }],
    })
    await create({ username: 'reader', password: 'playground123', grants: [{ schema: 'app', access: 'ro' }] })
    await t.sql(id, 'create table app.after (id serial, note text)')
    expect(json.password).toBe("play'ground 123")
    expect((await named('worker')).member_of).toEqual(['staff'])

    const worker = await login('worker', "play'ground 123")
    for (const table of ['before', 'after'])
      await worker.query(`insert into app.${table} (note) values ('x')`)
    await worker.query('set role staff')
    await worker.end()
    const reader = await login('reader', 'playground123')
    expect((await reader.query('select note from app.after')).rows).toEqual([{ note: 'x' }])
    await expect(reader.query("insert into app.after (note) values ('y')")).rejects.toMatchObject({
      code: '42501',
    })
    await reader.end()
  })

  test('returns 409 for a name that is there, and leaves its password as it was', async () => {
    await create({ username: 'twice', password: 'first-password' })
    const again = await create({ username: 'twice', password: 'second-password' })
    expect([again.status, again.json]).toEqual([
      409,
      { message: "User 'twice' already exists", code: 'conflict' },
    ])
    await (await login('twice', 'first-password')).end()
  })

  test.each([
    [{}, 400, 'username: is required'],
    [{ username: 'x', superuser: true }, 400, 'superuser'],
    [{ username: 1 }, 400, 'username'],
    [{ username: '' }, 422, 'username'],
    [{ username: 'a.b' }, 422, 'username'],
    [{ username: 'a"; drop role admin; --' }, 422, 'username'],
    [{ username: 'x'.repeat(64) }, 422, 'username'],
    [{ username: 'pg_mine' }, 422, 'reserved'],
    [{ username: 'db9_mine' }, 422, 'reserved'],
    [{ username: 'PUBLIC' }, 422, 'reserved'],
    [{ username: 'short', password: 'short' }, 422, 'password'],
    [{ username: 'odd', password: 'pässword-with-ä' }, 422, 'password'],
    [{ username: 'lost', roles: ['absent'] }, 422, 'role "absent" does not exist'],
    [{ username: 'lost', roles: ['db9_super'] }, 422, 'permission denied'],
    [{ username: 'lost', roles: ['authenticated'] }, 422, 'permission denied'],
    [{ username: 'lost', roles: ['admin'] }, 422, 'permission denied'],
    [{ username: 'lost', roles: ['authenticator'] }, 422, 'permission denied'],
    [{ username: 'lost', roles: ['pg_read_all_data'] }, 422, 'permission denied'],
    [{ username: 'lost', grants: [{ schema: 'absent', access: 'ro' }] }, 422, 'absent'],
    [{ username: 'lost', grants: [{ schema: 'app', access: 'all' }] }, 400, 'grants.0.access'],
  ])('with %j returns %i and makes nothing', async (body, status, text) => {
    const before = (await users()).text
    const reply = await create(body)
    expect([reply.status, reply.json.message]).toEqual([status, expect.stringContaining(text)])
    expect((await users()).text).toBe(before)
  })

  test('is not made twice by the same Idempotency-Key, whose reply holds the same password', async () => {
    const send = () =>
      t.call('POST', `/databases/${id}/users`, {
        body: { username: 'once' },
        headers: { 'idempotency-key': 'once' },
      })
    const first = await send()
    expect([first.status, (await send()).json]).toEqual([201, first.json])
  })
})

describe('deleting a user', () => {
  test('ends its sessions, hands over what it owns in every database, and revokes what it was granted', async () => {
    const { json } = await create({ username: 'leaver', grants: [{ schema: 'app', access: 'rw' }] })
    await t.sql(id, 'grant create on schema public to leaver')
    await t.sql(id, 'create database beside')
    const client = await login('leaver', json.password)
    const ended = new Promise((resolve) => client.on('error', resolve))
    await client.query('create table public.kept (note text)')
    await client.query("insert into public.kept values ('mine')")
    const beside = await login(
      'admin',
      (await t.call('GET', `/databases/${id}/credentials`)).json.admin_password,
      'beside',
    )
    await beside.query('create schema s authorization leaver')
    await beside.end()

    const reply = await remove('leaver')
    expect([reply.status, reply.json]).toEqual([200, { message: "User 'leaver' deleted" }])
    expect(await ended).toMatchObject({ code: '57P01' })
    expect(t.proxyChanges).toContainEqual({ databaseId: id, what: 'passwords' })
    await expect(login('leaver', json.password)).rejects.toMatchObject({ code: '28P01' })
    expect(await named('leaver')).toBeUndefined()
    const owners = await t.sql(id, "select tableowner from pg_tables where tablename = 'kept'")
    expect(owners.json.rows).toEqual([['admin']])
    expect((await t.sql(id, 'select * from kept')).json.rows).toEqual([['mine']])
    expect((await remove('leaver')).status).toBe(404)
  })

  test('takes a name that only SQL can make', async () => {
    const name = `o'dd "name", $$ %I`
    await t.sql(id, { query: `create role "${name.replaceAll('"', '""')}" login` })
    expect((await remove(name)).status).toBe(200)
    expect(await named(name)).toBeUndefined()
  })

  test.each([
    ['admin', 422],
    ['anon', 422],
    ['authenticated', 422],
    ['service_role', 422],
    ['authenticator', 404],
    ['db9_admin', 404],
    ['db9_super', 404],
    ['pg_monitor', 404],
    ['absent', 404],
    ['x'.repeat(64), 404],
    ["x' or true --", 404],
  ])('%s returns %i and deletes nothing', async (name, status) => {
    const before = (await users()).text
    expect((await remove(name)).status).toBe(status)
    expect((await users()).text).toBe(before)
  })
})

test('lists pages by name', async () => {
  const first = await t.call('GET', `/databases/${id}/users?limit=2`)
  expect(first.json.map(({ name }: { name: string }) => name)).toEqual(['admin', 'anon'])
  const next = /<\/customer([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
  expect((await t.call('GET', next)).json[0].name).toBe('app_user')
})

test('a scoped token may list the users and neither create nor delete one', async () => {
  const scope_json = JSON.stringify({ databases: [{ id, access: 'rw' }] })
  const { token } = (await t.call('POST', '/tokens', { body: { scope_json } })).json
  const before = (await users()).text
  expect((await t.call('GET', `/databases/${id}/users`, { token })).status).toBe(200)
  const made = await t.call('POST', `/databases/${id}/users`, { token, body: { username: 'intruder' } })
  const gone = await t.call('DELETE', `/databases/${id}/users/app_user`, { token })
  expect([made.status, gone.status]).toEqual([403, 403])
  expect((await users()).text).toBe(before)
})

test('names of the owner’s in the place of Postgres’ change nothing', async () => {
  await t.sql(
    id,
    `create function public.format(text, text) returns text language sql return 'alter role admin nologin';
     alter database postgres set search_path = public, pg_catalog;
     alter role admin set search_path = public, pg_catalog`,
  )
  expect((await create({ username: 'unharmed' })).status).toBe(201)
  expect((await remove('unharmed')).status).toBe(200)
  expect((await named('admin')).can_login).toBe(true)
})

test('the audit log says what was done and what was refused', async () => {
  const { json } = await t.call('GET', `/audit-logs?database_id=${id}&resource_type=user`)
  const of = (name: string) =>
    json
      .filter((entry: { resource_name: string }) => entry.resource_name === name)
      .map((entry: { operation_type: string; success: boolean; error_message: string | null }) => [
        entry.operation_type,
        entry.success,
        entry.error_message,
      ])
  expect(of('leaver')).toEqual([
    ['delete', false, 'user not found'],
    ['delete', true, null],
    ['create', true, null],
  ])
  expect(of('twice')).toEqual([
    ['create', false, "User 'twice' already exists"],
    ['create', true, null],
  ])
  const failed = await t.call('GET', '/audit-logs?success=false&operation_type=create&limit=1')
  expect(failed.json).toHaveLength(1)
  expect(failed.headers.get('link')).toContain('cursor=')
  expect(JSON.stringify(json)).not.toContain('password')
})
