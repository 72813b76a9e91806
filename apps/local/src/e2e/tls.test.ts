/** TLS on the Postgres port of a whole stack, by the connection strings that the API gives. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasProgram } from '../testing/require.ts'
import { expectStatus, startTestStack, type TestDatabase, type TestStack } from '../testing/stack.ts'

let stack: TestStack
let database: TestDatabase
beforeAll(async () => {
  stack = await startTestStack()
  database = await stack.createDatabase('over-tls', 'create table t as select 7 as n')
})
afterAll(() => stack?.dispose())

const psql = async (connection: string) => {
  const { stdout } = await promisify(execFile)('psql', ['-XAtc', 'select n from t', connection])
  return stdout
}

test.runIf(hasProgram('psql'))(
  'psql takes the string as it is, with sslmode=require, and with the certificate that is kept',
  async () => {
    const { connection_string } = database
    const root = encodeURIComponent(join(stack.home, 'pg-tls.pem'))
    for (const suffix of ['', '?sslmode=require', `?sslmode=verify-full&sslrootcert=${root}`])
      expect(await psql(connection_string + suffix), suffix).toBe('7\n')
  },
)

test('node-postgres checks the certificate by the name in the string', async () => {
  const ca = readFileSync(join(stack.home, 'pg-tls.pem'), 'utf8')
  const client = new pg.Client({ connectionString: database.connection_string, ssl: { ca } })
  await client.connect()
  expect((await client.query('select n from t')).rows).toEqual([{ n: 7 }])
  await client.end()
})

test('where TLS is required the strings say so, and a client without it is refused', async () => {
  const strict = await startTestStack({ pgTls: 'required' })
  try {
    const { id, connection_string } = await strict.createDatabase('strict', 'create table t as select 7 as n')
    expect(connection_string).toMatch(/\/postgres\?sslmode=require$/)
    const token = expectStatus(201, await strict.api('POST', `/databases/${id}/connect-token`)).json
    expect(token.tls).toBe('required')
    const { host, port, user, token: password } = token
    const plain = new pg.Client({ host, port, user, password, database: 'postgres' })
    await expect(plain.connect()).rejects.toMatchObject({ code: '28000' })
    const ssl = { rejectUnauthorized: false }
    const client = new pg.Client({ host, port, user, password, database: 'postgres', ssl })
    await client.connect()
    expect((await client.query('select n from t')).rows).toEqual([{ n: 7 }])
    await client.end()
    if (hasProgram('psql')) expect(await psql(connection_string)).toBe('7\n')
  } finally {
    await strict.dispose()
  }
})
