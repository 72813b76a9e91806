import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasProgram } from '../testing/require.ts'
import { startTestStack, type TestDatabase, type TestStack } from '../testing/stack.ts'

let stack: TestStack
let database: TestDatabase

beforeAll(async () => {
  stack = await startTestStack()
  database = await stack.createDatabase(
    'drivers',
    'create table t (n int); insert into t select generate_series(1, 3)',
  )
})
afterAll(() => stack?.dispose())

async function psql(connectionString: string, command: string): Promise<string> {
  return (await promisify(execFile)('psql', [connectionString, '-At', '-c', command])).stdout
}

test.runIf(hasProgram('psql'))('psql connects with the connection string that the API returned', async () => {
  expect(
    await psql(database.connection_string, 'select current_user, current_database(), sum(n) from t'),
  ).toBe('admin|postgres|6\n')
})

test.runIf(hasProgram('psql'))(
  'psql with a wrong password is refused, and its error holds no password',
  async () => {
    const wrong = database.connection_string.replace(database.admin_password, 'not-the-password')
    const error = await psql(wrong, 'select 1').catch(String)
    expect(error).toContain('password authentication failed for user')
    expect(error.split('FATAL')[1]).not.toContain('not-the-password')
  },
)

test('pg from npm connects, keeps a transaction and prepared statements', async () => {
  const client = new pg.Client(database.connection_string)
  await client.connect()
  try {
    await client.query('begin')
    await client.query({ name: 'add', text: 'insert into t values ($1)', values: [40] })
    await client.query({ name: 'add', text: 'insert into t values ($1)', values: [50] })
    expect((await client.query('select sum(n)::int as sum from t')).rows).toEqual([{ sum: 96 }])
    await client.query('rollback')
    expect((await client.query('select sum(n)::int as sum from t')).rows).toEqual([{ sum: 6 }])
  } finally {
    await client.end()
  }
})

test('nobody logs in as a role that is ours', async () => {
  for (const role of ['authenticator', 'db9_super', 'postgres', 'anon', 'nobody']) {
    const client = new pg.Client(
      database.connection_string.replace(`${database.id}.admin`, `${database.id}.${role}`),
    )
    await expect(client.connect(), role).rejects.toMatchObject({ code: '28P01' })
  }
})

test('the connection string of a deleted database no longer connects', async () => {
  const doomed = await stack.createDatabase('doomed')
  expect((await stack.api('DELETE', `/databases/${doomed.id}`)).json).toMatchObject({
    message: 'Database disabled',
  })
  await expect(new pg.Client(doomed.connection_string).connect()).rejects.toMatchObject({ code: '28P01' })
})
