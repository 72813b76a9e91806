import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ControlClient } from '../control-client.ts'
import { unavailable } from '../errors.ts'
import { postSql } from '../testing/http.ts'
import { PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
/** What the control API answers instead, and how often it was asked where a database is. */
let connect: ControlClient['connect'] | null = null
let asked = 0
beforeAll(async () => {
  stack = await startStack({
    control: (inner) => ({
      ...inner,
      connect: (databaseId, role) => {
        asked++
        return (connect ?? inner.connect)(databaseId, role)
      },
    }),
  })
})
afterAll(() => stack.close())
afterEach(() => {
  connect = null
})

const post = (query: string) =>
  postSql({ port: stack.httpPort, connectionString: stack.connectionString(), body: { query } })

async function login(): Promise<pg.Client> {
  const client = new pg.Client(stack.connectionString())
  client.on('error', () => {})
  await client.connect()
  return client
}

async function pidOfServer(): Promise<number> {
  return Number((await stack.engine.connect(stack.id)).epoch.split('-')[0])
}

describe('a database', () => {
  test('that sleeps is woken by a query over HTTP and by a login', async () => {
    expect((await post('select 1')).status).toBe(200)
    await stack.engine.stop(stack.id)
    expect((await post('select 1')).status).toBe(200)
    await stack.engine.stop(stack.id)
    const client = await login()
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await client.end()
  })

  test('that sleeps is asked for once, however many wait', async () => {
    await post('select 1')
    await stack.engine.stop(stack.id)
    stack.proxy.dropDatabase(stack.id)
    asked = 0
    const replies = await Promise.all(Array.from({ length: 40 }, () => post('select 1')))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    expect(asked).toBe(1)
  })

  test('whose server dies answers 503 for what ran, and the next query starts it again', async () => {
    const running = post('select pg_sleep(20)')
    await sleep(200)
    process.kill(await pidOfServer(), 'SIGKILL')
    expect((await running).status).toBe(503)
    await sleep(300)
    const { status, body } = await post('select 1 as n')
    expect([status, body.rows]).toEqual([200, [{ n: 1 }]])
  })

  test('that cannot be had is 57P03 at both doors, and asked for anew by the next', async () => {
    stack.proxy.dropDatabase(stack.id)
    connect = async () => {
      throw unavailable('the database cannot be reached at this moment; try again')
    }
    const { status, body, headers } = await post('select 1')
    expect([status, body.code, headers['retry-after']]).toEqual([503, '57P03', '1'])
    await expect(login()).rejects.toMatchObject({ code: '57P03' })
    connect = null
    expect((await post('select 1')).status).toBe(200)
  })

  test('that is dropped loses its clients and sessions', async () => {
    const client = await login()
    const ended = new Promise((resolve) => client.once('error', resolve))
    const running = post('select pg_sleep(20)')
    await sleep(200)
    stack.proxy.dropDatabase(stack.id)
    expect(await ended).toMatchObject({ code: '57P01' })
    expect((await running).status).toBe(503)
    const observer = await stack.direct()
    const sessions = async () =>
      (
        await observer.query(
          `select 1 from pg_stat_activity where usename = 'admin' and pid <> pg_backend_pid()`,
        )
      ).rowCount
    for (let i = 0; i < 100 && (await sessions()) !== 0; i++) await sleep(20)
    expect(await sessions()).toBe(0)
    await observer.end()
  })
})

describe('statements at the same time', () => {
  test('are answered each with its own result, over a bounded number of sessions', async () => {
    const observer = await stack.direct()
    const replies = Array.from({ length: 200 }, (_, n) => post(`select ${n % 20} as n, pg_sleep(0.2)`))
    const sessions = async () => {
      const { rows } = await observer.query(
        `select count(*)::int as n from pg_stat_activity where application_name = 'db9 sql over http'`,
      )
      expect(rows[0].n).toBeLessThanOrEqual(16)
      return rows[0].n
    }
    await expect.poll(sessions).toBeGreaterThan(4)
    const numbers = (await Promise.all(replies)).map(({ body }) => (body.rows as { n: number }[])[0]?.n)
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, n) => n % 20))
    await observer.end()
  })

  test('that are quick do not wait for slow ones', async () => {
    let finished = 0
    const slow = Array.from({ length: 8 }, () => post('select pg_sleep(2)').then(() => finished++))
    await sleep(100)
    const quick = await Promise.all(Array.from({ length: 20 }, () => post('select 1')))
    expect([quick.every(({ status }) => status === 200), finished]).toEqual([true, 0])
    await Promise.all(slow)
  })

  test('are served in their order, whatever role they come as', async () => {
    const observer = await stack.direct()
    await observer.query(`create role second login password '${PASSWORD}'`)
    await observer.end()
    let finished = 0
    const slow = (count: number) =>
      Array.from({ length: count }, () => post('select pg_sleep(0.05)').then(() => finished++))
    const earlier = slow(60)
    await sleep(30)
    const connectionString = stack.connectionString({ role: 'second' })
    const other = postSql({ port: stack.httpPort, connectionString, body: { query: 'select 1' } })
    await sleep(30)
    const later = slow(150)
    expect((await other).status).toBe(200)
    expect(finished).toBeLessThan(120)
    await Promise.all([...earlier, ...later])
  })

  test('over the bound of those who may wait are refused at once with 429', async () => {
    const replies = await Promise.all(Array.from({ length: 600 }, () => post('select pg_sleep(0.1)')))
    const count = (status: number) => replies.filter((reply) => reply.status === status).length
    expect(count(200) + count(429)).toBe(600)
    expect(count(429)).toBeGreaterThan(0)
    expect(count(200)).toBeGreaterThanOrEqual(500)
    const refused = replies.find(({ status }) => status === 429)
    expect(refused?.body.code).toBe('53300')
    expect(refused?.headers['retry-after']).toBe('1')
  })
})

test('closed, it lets a query end and tells the wire protocol’s clients', async () => {
  const own = await startStack()
  const client = new pg.Client(own.connectionString())
  await client.connect()
  const ended = new Promise((resolve) => client.on('error', resolve))
  const query = 'select pg_sleep(0.4), 1 as n'
  const reply = postSql({ port: own.httpPort, connectionString: own.connectionString(), body: { query } })
  await sleep(150)
  const start = performance.now()
  await own.close()
  expect(performance.now() - start).toBeLessThan(4_000)
  expect((await reply).status).toBe(200)
  expect(await ended).toMatchObject({ code: '57P01' })
  await expect(postSql({ port: own.httpPort, connectionString: '', body: {} })).rejects.toThrow(
    'ECONNREFUSED',
  )
})
