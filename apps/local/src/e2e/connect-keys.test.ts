/** Connect keys and tokens of the REST API as passwords of real clients, from creation to revocation. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasProgram } from '../testing/require.ts'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

let stack: TestStack
let id: string
beforeAll(async () => {
  stack = await startTestStack()
  id = (await stack.createDatabase('by-key', 'create table t as select 7 as n')).id
})
afterAll(() => stack?.dispose())

async function make(body: object = {}): Promise<{ id: string; secret: string }> {
  const { json } = expectStatus(201, await stack.api('POST', `/databases/${id}/connect-keys`, body))
  return { id: json.id, secret: json.connect_key }
}

const revoke = (keyId: string) => stack.api('DELETE', `/databases/${id}/connect-keys/${keyId}`)

const connectionString = (secret: string, role = 'admin') =>
  `postgresql://${id}.${role}:${secret}@${stack.pgHost}:${stack.pgPort}/postgres`

async function login(secret: string, role?: string): Promise<{ client: pg.Client; ended: Promise<Error> }> {
  const client = new pg.Client({ connectionString: connectionString(secret, role) })
  const ended = new Promise<Error>((resolve) => client.on('error', resolve))
  await client.connect()
  return { client, ended }
}

test('postgres.js and node-postgres log in by a key, after a reset of the password too', async () => {
  const { secret } = await make({ name: 'app' })
  const sql = postgres(connectionString(secret), { max: 2 })
  expect(await sql`select n, session_user::text as who from t`).toEqual([{ n: 7, who: 'admin' }])
  await sql.end()
  expectStatus(200, await stack.api('POST', `/databases/${id}/reset-password`, {}))
  const { client } = await login(secret)
  expect((await client.query('select n from t')).rows).toEqual([{ n: 7 }])
  await client.end()
  const { json } = expectStatus(200, await stack.api('GET', `/databases/${id}/credentials`))
  const own = new pg.Client({ connectionString: json.connection_string })
  await own.connect()
  await own.end()
})

test.runIf(hasProgram('psql'))('psql logs in by a key', async () => {
  const { secret } = await make()
  const { stdout } = await promisify(execFile)('psql', ['-XAtc', 'select n from t', connectionString(secret)])
  expect(stdout).toBe('7\n')
})

test('to revoke a key ends its sessions before it is answered, a statement that does not let itself be cancelled too', async () => {
  const [key, other] = [await make(), await make()]
  const [idle, stubborn, kept] = [await login(key.secret), await login(key.secret), await login(other.secret)]
  const { rows } = await stubborn.client.query('select pg_backend_pid() as pid')
  const running = stubborn.client
    .query(
      `do $$ begin loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$`,
    )
    .catch((error) => error)
  await expect
    .poll(async () => (await kept.client.query(ACTIVE, [rows[0].pid])).rowCount, { timeout: 5_000 })
    .toBe(1)

  expectStatus(200, await revoke(key.id))
  await Promise.all([idle.ended, running])
  expect(
    (await kept.client.query('select from pg_stat_activity where pid = $1', [rows[0].pid])).rowCount,
  ).toBe(0)
  await expect(login(key.secret)).rejects.toMatchObject({ code: '28P01' })
  expect((await kept.client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await kept.client.end()
})

const ACTIVE = `select from pg_stat_activity where pid = $1 and state = 'active'`

test('read-only tokens and keys go on after a session of a key has changed the password of db9_reader', async () => {
  const { secret } = await make({ role: 'db9_reader' })
  const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
  const { token } = expectStatus(201, await stack.api('POST', '/tokens', { scope_json })).json
  const { client } = await login(secret, 'db9_reader')
  for (const text of ['begin read write', `alter role db9_reader password 'pw'`, 'commit'])
    await client.query(text)
  await client.end()
  const url = `/databases/${id}/sql`
  const { json } = expectStatus(
    200,
    await stack.api('POST', url, { query: 'select n from t' }, { authorization: `Bearer ${token}` }),
  )
  expect(json.rows).toEqual([[7]])
  const again = await login(secret, 'db9_reader')
  expect((await again.client.query('select n from t')).rows).toEqual([{ n: 7 }])
  await again.client.end()
})

test('a wrong key starts no sleeping database, and does not tell it from one that does not exist', async () => {
  const { secret } = await make()
  const settings = `/databases/${id}/settings`
  expectStatus(200, await stack.api('PUT', settings, { suspend_after_seconds: 1 }))
  const isAwake = async () => {
    const { json } = expectStatus(200, await stack.api('GET', `/databases/${id}/observability`))
    return json.summary.active_connections !== null
  }
  await expect.poll(isAwake, { timeout: 20_000 }).toBe(false)
  const refusal = async (of: string) => {
    const address = `${stack.pgHost}:${stack.pgPort}/postgres`
    const client = new pg.Client({ connectionString: `postgresql://${of}.admin:${secret}x@${address}` })
    return client.connect().then(
      () => null,
      ({ code, message }) => ({ code, message: message.replace(of, '<id>') }),
    )
  }
  const expected = await refusal('db_00000000000000000000000000')
  expect(expected).toMatchObject({ code: '28P01' })
  expect(await refusal(id)).toEqual(expected)
  expect(await isAwake()).toBe(false)
  const { client } = await login(secret)
  await client.end()
  expectStatus(200, await stack.api('PUT', settings, {}))
})

test('a key of db9_reader reads all that admin reads, and writes nothing, whatever mode its session is in', async () => {
  const { secret } = await make({ role: 'db9_reader' })
  const { client } = await login(secret, 'db9_reader')
  expect((await client.query('select n, session_user::text as who from t')).rows).toEqual([
    { n: 7, who: 'db9_reader' },
  ])
  await expect(client.query('insert into t values (8)')).rejects.toMatchObject({ code: '25006' })
  await client.query('set default_transaction_read_only = off')
  for (const attack of [
    'insert into t values (8)',
    'create table mine (n int)',
    'set role admin',
    'checkpoint',
  ])
    await expect(client.query(attack), attack).rejects.toMatchObject({ code: '42501' })
  expect((await client.query('select n from t')).rows).toEqual([{ n: 7 }])
  await client.end()
  for (const password of ['', 'db9_reader', (await make()).secret])
    await expect(login(password, 'db9_reader')).rejects.toThrow()
})

test('a connect token opens what its reply says, with its published key, and no other role', async () => {
  const made = expectStatus(
    201,
    await stack.api('POST', `/databases/${id}/connect-token`, { role: 'admin' }),
  ).json
  const { host, port, database, user, token } = made
  const client = new pg.Client({ host, port, database, user, password: token })
  await client.connect()
  expect((await client.query('select session_user::text as who, n from t')).rows).toEqual([
    { who: 'admin', n: 7 },
  ])
  await client.query('create role by_token login')
  await client.end()
  const sql = postgres({ host, port, database, username: user, password: token, max: 1 })
  expect(await sql`select n from t`).toEqual([{ n: 7 }])
  await sql.end()
  const keys = createRemoteJWKSet(new URL(`${stack.url}/.well-known/db9-connect-jwks.json`))
  expect((await jwtVerify(token, keys)).payload.sub).toBe(user)
  for (const [as, password] of [
    [`${id}.by_token`, token],
    [user, `${token.slice(0, -4)}AAAA`],
    [user, token.split('.').slice(0, 2).join('.')],
  ]) {
    const other = new pg.Client({ host, port, database, user: as, password })
    await expect(other.connect()).rejects.toMatchObject({ code: '28P01' })
  }
})

test('keys are not taken over by a branch, whose passwords are its own', async () => {
  const { secret } = await make()
  const { json } = expectStatus(201, await stack.api('POST', `/databases/${id}/branch`, { name: 'by-key-2' }))
  const address = `${stack.pgHost}:${stack.pgPort}/postgres`
  const client = new pg.Client({ connectionString: `postgresql://${json.id}.admin:${secret}@${address}` })
  await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
  const own = new pg.Client({ connectionString: json.connection_string })
  await own.connect()
  expect((await own.query('select n from t')).rows).toEqual([{ n: 7 }])
  await own.end()
})
