import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack?.dispose())

const overHttp = (connection: string) =>
  fetch(stack.sqlUrl, {
    method: 'POST',
    headers: { 'neon-connection-string': connection },
    body: JSON.stringify({ query: 'select 1 as n', params: [] }),
  })

async function connect(connectionString: string): Promise<{ client: pg.Client; ended: Promise<Error> }> {
  const client = new pg.Client({ connectionString })
  const ended = new Promise<Error>((resolve) => client.on('error', resolve))
  await client.connect()
  return { client, ended }
}

test('a reset ends the sessions of the old password and refuses it at once, also where it was just checked', async () => {
  const { id, connection_string: old } = await stack.createDatabase('reset')
  const session = await connect(old)
  await session.client.query('select 1')
  expect((await overHttp(old)).status).toBe(200)

  const { connection_string: fresh } = expectStatus(
    200,
    await stack.api('POST', `/databases/${id}/reset-password`, {}),
  ).json
  await session.ended
  await expect(connect(old)).rejects.toMatchObject({ code: '28P01' })
  expect((await overHttp(old)).status).not.toBe(200)
  const again = await connect(fresh)
  expect((await again.client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await again.client.end()
  expect((await overHttp(fresh)).status).toBe(200)
})

test('a deleted database ends its sessions and refuses new ones; recovered, it takes the same credentials', async () => {
  const { id, connection_string } = await stack.createDatabase(
    'comes-back',
    "create table t as select 'kept' as v",
  )
  const session = await connect(connection_string)
  expectStatus(200, await stack.api('DELETE', `/databases/${id}`))
  await session.ended
  await expect(connect(connection_string)).rejects.toThrow()
  expectStatus(200, await stack.api('POST', `/databases/${id}/recover`, {}))
  const again = await connect(connection_string)
  expect((await again.client.query('select v from t')).rows).toEqual([{ v: 'kept' }])
  await again.client.end()
})

test('a new user logs in at once; deleted, its sessions end and its password opens nothing', async () => {
  const { id } = await stack.createDatabase('has-users', 'create table t (n int); insert into t values (7)')
  const body = { username: 'app_user', grants: [{ schema: 'public', access: 'ro' }] }
  const made = expectStatus(201, await stack.api('POST', `/databases/${id}/users`, body)).json
  const own = made.connection_string_with_password
  const session = await connect(own)
  expect((await session.client.query('select n from t')).rows).toEqual([{ n: 7 }])
  expect((await overHttp(own)).status).toBe(200)

  expectStatus(200, await stack.api('DELETE', `/databases/${id}/users/app_user`))
  await session.ended
  await expect(connect(own)).rejects.toMatchObject({ code: '28P01' })
  expect((await overHttp(own)).status).not.toBe(200)
})
