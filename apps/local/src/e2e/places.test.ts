/** Databases of an anonymous account whose clients only wait do not keep those of others from waking. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack({ maxRunning: 1 })
})
afterAll(() => stack?.dispose())

test('where all places are held by idle transactions and listeners, the owner’s next read has its rows', async () => {
  const { id } = await stack.createDatabase(
    'shop',
    'create table t as select 1 as n; grant select on t to anon',
  )
  const { value: key } = await stack.createKey(id, { require_rls: false })
  const registered = expectStatus(201, await stack.api('POST', '/anonymous-register', {}))
  const headers = { authorization: `Bearer ${registered.json.token}` }
  const held = expectStatus(201, await stack.api('POST', '/databases', { name: 'held' }, headers)).json

  const ended = []
  for (const statements of [['begin', 'select 1'], ['listen news']]) {
    const client = new pg.Client(held.connection_string)
    ended.push(new Promise((resolve) => client.once('error', resolve)))
    client.on('error', () => {})
    await client.connect()
    await client.query('set idle_in_transaction_session_timeout = 0')
    for (const statement of statements) await client.query(statement)
  }

  const read = expectStatus(200, await stack.rest(id, 't?select=n', { key }))
  expect(read.json).toEqual([{ n: 1 }])
  for (const error of await Promise.all(ended)) expect(error).toMatchObject({ code: '57P01' })
}, 60_000)
