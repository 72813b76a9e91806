/** SQL that changes the login by which the service runs it. */
import { INTERNAL_PATHS } from '@db9/types/internal'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { postText } from '../testing/http.ts'
import { type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
let restored: number
/** Another session changes the password again as soon as it is restored. */
let isChangedAgain: boolean
beforeAll(async () => {
  stack = await startStack({
    control: (inner) => ({
      ...inner,
      connect: (id, asked) => {
        if (asked.refused) restored++
        return inner.connect(id, isChangedAgain ? { role: asked.role } : asked)
      },
    }),
  })
  const admin = await stack.direct()
  await admin.query('create table r as select 1 as n')
  await admin.end()
})
afterAll(() => stack.close())
beforeEach(async () => {
  restored = 0
  isChangedAgain = false
  // Sessions and what was restored a moment ago end with the server.
  await stack.engine.stop(stack.id)
})

const change = (role: string, what: string) => `do $$ begin
  perform set_config('role', 'none', true);
  execute 'alter role ${role} ${what}';
end $$`

async function batch(role: string, ...texts: string[]) {
  const authorization = `Bearer ${await stack.credential({ role })}`
  const reply = await postText({
    port: stack.httpPort,
    path: INTERNAL_PATHS.batch,
    headers: { authorization },
    body: {
      readOnly: false,
      rollback: false,
      bodyColumn: null,
      statements: texts.map((text) => ({ text, params: [] })),
    },
  })
  return { status: reply.status, body: JSON.parse(reply.body) }
}

const PASSWORD_CHANGED = "password ''x''"

test.each(['authenticator', 'db9_service', 'db9_admin'])(
  'answers the next request after SQL has changed the password of %s',
  async (role) => {
    expect((await batch(role, change(role, PASSWORD_CHANGED), 'select 1')).status).toBe(200)
    await stack.proxy.release(stack.id, { forPlace: false })
    expect(await batch(role, 'select current_user')).toEqual({ status: 200, body: [role] })
    expect(restored).toBe(1)
  },
)

async function withReaderKey<T>(work: (connectionString: string) => Promise<T>): Promise<T> {
  const key = { id: 'ck_1', role: 'db9_reader', secret: 'a secret of a connect key' }
  stack.connectKeys.push(key)
  try {
    return await work(stack.connectionString({ role: key.role, password: key.secret }))
  } finally {
    stack.connectKeys.splice(stack.connectKeys.indexOf(key), 1)
  }
}

async function asReader(connectionString: string, ...texts: string[]) {
  const client = new pg.Client(connectionString)
  client.on('error', () => {})
  await client.connect()
  try {
    let last: pg.QueryResult | undefined
    for (const text of texts) last = await client.query(text)
    return last?.rows
  } finally {
    await client.end()
  }
}

test('a connect key of db9_reader opens sessions after one of them has changed its password', async () => {
  await withReaderKey(async (key) => {
    await asReader(key, 'begin read write', `alter role db9_reader password 'pw'`, 'commit')
    expect(await asReader(key, 'select n from r')).toEqual([{ n: 1 }])
    expect(restored).toBe(1)
  })
})

test('sessions of db9_reader begin read-only, whatever another one has set', async () => {
  await withReaderKey(async (key) => {
    await asReader(
      key,
      'begin read write',
      'alter role db9_reader set default_transaction_read_only = off',
      'alter role db9_reader set exit_on_error = on',
      'commit',
    )
    expect(await asReader(key, 'show transaction_read_only')).toEqual([{ transaction_read_only: 'on' }])
    expect(await asReader(key, 'show exit_on_error')).toEqual([{ exit_on_error: 'off' }])
  })
})

test('a request that meets a password which is changed again and again is told so, and has it restored once', async () => {
  const authenticator = await stack.direct('authenticator')
  isChangedAgain = true
  await authenticator.query(`alter role authenticator password 'x'`)
  const refused = await batch('authenticator', 'select 1')
  expect([refused.status, refused.body.code]).toEqual([503, '57P03'])
  expect(refused.body.message).toContain('end its sessions')
  expect(restored).toBe(1)
  isChangedAgain = false
  expect((await batch('authenticator', 'select 1')).status).toBe(200)
  await authenticator.end()
})

test('asks for nothing to be restored where the password is a client’s own', async () => {
  const client = new pg.Client(stack.connectionString({ password: 'wrong' }))
  client.on('error', () => {})
  await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
  expect(restored).toBe(0)
})
