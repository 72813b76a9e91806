/** Connect keys open sessions of the wire protocol in the place of passwords, and end with their sessions. */
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())

const KEY = { id: 'ck_1', role: 'admin', secret: `db9ck_${'k'.repeat(68)}` }
beforeEach(() => {
  stack.connectKeys.splice(0, stack.connectKeys.length, KEY)
})

async function login(password: string, role = 'admin', id?: string): Promise<pg.Client> {
  const target = { password, role, ...(id !== undefined && { id }) }
  const client = new pg.Client({ connectionString: stack.connectionString(target) })
  client.on('error', () => {})
  await client.connect()
  return client
}

const overHttp = (password: string) =>
  fetch(`http://127.0.0.1:${stack.httpPort}/sql`, {
    method: 'POST',
    headers: { 'neon-connection-string': stack.connectionString({ password }) },
    body: JSON.stringify({ query: 'select session_user as who', params: [] }),
  })

test('a key and the password open sessions of the same role, over and over', async () => {
  for (const secret of [KEY.secret, PASSWORD, KEY.secret, PASSWORD]) {
    const client = await login(secret)
    const { rows } = await client.query('select session_user as session, current_user as current')
    expect(rows).toEqual([{ session: 'admin', current: 'admin' }])
    await client.query('discard all')
    expect((await client.query('select current_user as now')).rows).toEqual([{ now: 'admin' }])
    await client.end()
  }
  expect((await overHttp(PASSWORD)).status).toBe(200)
  expect((await overHttp(KEY.secret)).status).toBe(400)
})

test('a password that is set over a key’s session counts, and the key goes on', async () => {
  const client = await login(KEY.secret)
  await client.query(`create role app login password 'of-the-app'`)
  stack.connectKeys.push({ id: 'ck_2', role: 'app', secret: 'key-of-the-app' })
  for (const secret of ['of-the-app', 'key-of-the-app', 'of-the-app'])
    await (await login(secret, 'app')).end()
  await client.query(`alter role app password 'another'`)
  await expect(login('of-the-app', 'app')).rejects.toMatchObject({ code: '28P01' })
  for (const secret of ['another', 'key-of-the-app', 'another']) await (await login(secret, 'app')).end()
  await client.end()
})

test('a key opens no other role and no other database; what is wrong wakes nothing and is told apart from nothing', async () => {
  const refusal = (secret: string, role?: string, id?: string) =>
    login(secret, role, id).then(
      () => null,
      ({ code, message }) => ({ code, message: message.replace(/db_\w+/, '<id>') }),
    )
  await stack.engine.stop(stack.id)
  const expected = await refusal('db9ck_wrong')
  expect(expected).toMatchObject({ code: '28P01' })
  expect(await refusal(KEY.secret, 'admin', newId('database'))).toEqual(expected)
  expect(await refusal(KEY.secret.slice(0, -1))).toEqual(expected)
  expect(await refusal(KEY.secret, 'nobody')).toMatchObject({ code: '28P01' })
  expect(stack.engine.isRunning(stack.id)).toBe(false)
  await (await login(KEY.secret)).end()
  expect(stack.engine.isRunning(stack.id)).toBe(true)
})

test('a key of a role that is gone, or may not log in, says so to its holder alone', async () => {
  stack.connectKeys.push({ id: 'ck_2', role: 'gone', secret: 'key-of-the-gone' })
  await expect(login('key-of-the-gone', 'gone')).rejects.toMatchObject({ code: '28000' })
  await expect(login('wrong', 'gone')).rejects.toMatchObject({ code: '28P01' })
})

test('to revoke a key ends its sessions and no others, and names their backends', async () => {
  const [mine, others] = [await login(KEY.secret), await login(PASSWORD)]
  const ended = new Promise<Error>((resolve) => mine.on('error', resolve))
  const pids = (await mine.query('select pg_backend_pid() as pid')).rows.map(({ pid }) => pid)
  expect(stack.proxy.endCredential(KEY.id)).toEqual(pids)
  expect(await ended).toMatchObject({ code: '57P01' })
  expect((await others.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await others.end()
  expect(stack.proxy.endCredential(KEY.id)).toEqual([])
})

test('a login that was begun before its key was revoked opens no session after', async () => {
  const key = { id: 'ck_3', role: 'admin', secret: 'key-of-the-race' }
  stack.connectKeys.push(key)
  await (await login(key.secret)).end()
  stack.proxy.endCredential(key.id)
  await expect(login(key.secret)).rejects.toMatchObject({ code: '28P01' })
})
