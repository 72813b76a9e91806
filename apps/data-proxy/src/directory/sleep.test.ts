import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_SETTINGS } from '@db9/engine'
import { SIGNATURE_HEADER, signRequest } from '@db9/internal-api/signature'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { INTERNAL_PATHS } from '@db9/types/internal'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { postSql, postText } from '../testing/http.ts'
import { INTERNAL_SECRET, PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())
beforeEach(() => suspendAfter(-1))

const suspendAfter = (suspendAfterSeconds: number) =>
  stack.engine.configure(stack.id, { ...DEFAULT_SETTINGS, suspendAfterSeconds })

const post = (query: string) =>
  postSql({ port: stack.httpPort, connectionString: stack.connectionString(), body: { query } })

async function login(): Promise<pg.Client> {
  const client = new pg.Client(stack.connectionString())
  client.on('error', () => {})
  await client.connect()
  return client
}

async function untilAsleep(): Promise<void> {
  for (let i = 0; i < 1_000 && stack.engine.isRunning(stack.id); i++) await sleep(10)
  expect(stack.engine.isRunning(stack.id)).toBe(false)
}

describe('a database that goes to sleep', () => {
  test('ends an idle client by 57P01, and serves the next', async () => {
    const client = await login()
    const ended = new Promise((resolve) => client.once('error', resolve))
    await suspendAfter(1)
    expect(await ended).toMatchObject({ code: '57P01' })
    const next = await login()
    expect((await next.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await next.end()
  })

  test('fails no request and no login that comes at that very moment', async () => {
    await suspendAfter(1)
    let slept = 0
    const request = async (i: number) => {
      // Around the moment of the stop, which is a second after the last use.
      await sleep(980 + i * 12)
      if (!stack.engine.isRunning(stack.id)) slept++
      if (i % 4 === 0) {
        const client = await login()
        await client.query('select 1')
        await client.end()
      } else expect(await post(`select ${i} as n`)).toMatchObject({ status: 200, body: { rows: [{ n: i }] } })
    }
    for (let i = 0; i < 20; i++) await request(i)
    expect(slept).toBeGreaterThan(0)
  })

  test('does so while statements over HTTP come and go, as soon as they pause', async () => {
    await suspendAfter(1)
    for (let i = 0; i < 5; i++) {
      expect((await post('select pg_sleep(0.4)')).status).toBe(200)
      expect(stack.engine.isRunning(stack.id)).toBe(true)
    }
    await untilAsleep()
  })
})

describe('a database stays awake', () => {
  test('for a client that listens, which then hears what is said', async () => {
    const listener = await login()
    const heard = new Promise((resolve) => listener.once('notification', resolve))
    await listener.query('listen news')
    await listener.query('select 1')
    await suspendAfter(1)
    await sleep(3_000)
    expect((await post("select pg_notify('news', 'it works')")).status).toBe(200)
    expect(await heard).toMatchObject({ channel: 'news', payload: 'it works' })
    await listener.end()
    await untilAsleep()
  })

  test('for a transaction that is open', async () => {
    const client = await login()
    await client.query('begin')
    await suspendAfter(1)
    await sleep(2_500)
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
    await client.query('commit')
    await client.end()
  })

  test('for a statement over HTTP that takes longer than its time', async () => {
    await suspendAfter(1)
    expect((await post('select pg_sleep(2.5)')).status).toBe(200)
  })
})

describe('the internal route that lets a database go', () => {
  const BODY = '{"for_place":false}'
  const path = () => INTERNAL_PATHS.release(stack.id)
  const call = (headers: Record<string, string>) =>
    postText({ port: stack.httpPort, path: path(), headers, body: BODY })

  test('answers a signed request: false while a statement runs, true when none does', async () => {
    const signed = async () => ({
      [SIGNATURE_HEADER]: await signRequest(
        { method: 'POST', path: path(), body: BODY },
        await hmacKey(INTERNAL_SECRET),
      ),
    })
    const running = post('select pg_sleep(0.5)')
    await sleep(200)
    expect(await call(await signed())).toMatchObject({ status: 200, body: '{"released":false}' })
    expect((await running).status).toBe(200)
    await sleep(50)
    expect(await call(await signed())).toMatchObject({ status: 200, body: '{"released":true}' })
  })

  test('refuses what is not signed, and what a browser could have sent', async () => {
    const signature = await signRequest(
      { method: 'POST', path: path(), body: BODY },
      await hmacKey(INTERNAL_SECRET),
    )
    for (const headers of [
      {},
      { [SIGNATURE_HEADER]: 't=1,n=x,v1=y' },
      { [SIGNATURE_HEADER]: signature, origin: 'http://localhost' },
    ] as Record<string, string>[]) {
      expect((await call(headers)).status).toBe(403)
    }
  })
})

test('a database is not let go while a client is on its way into it', async () => {
  const observer = await login()
  await observer.query('begin')
  const logins = Array.from({ length: 8 }, login)
  let held = 0
  let isOver = false
  const asking = (async () => {
    for (; !isOver; await sleep(1)) if (!stack.proxy.release(stack.id)) held++
  })()
  for (const client of await Promise.all(logins)) {
    await client.query('select 1')
    await client.end()
  }
  isOver = true
  await asking
  expect(held).toBeGreaterThan(0)
  await observer.query('commit')
  await observer.end()
  await sleep(50)
  expect(stack.proxy.release(stack.id)).toBe(true)
})

describe('at the limit of databases that run, a client that listens', () => {
  const start = (listenIdleMs: number) => startStack({ maxRunning: 1, listenIdleMs })
  const listen = async ({ connectionString }: Stack) => {
    const client = new pg.Client(connectionString())
    const ended = new Promise((resolve) => client.once('error', resolve))
    client.on('error', () => {})
    await client.connect()
    await client.query('listen news')
    return { client, ended }
  }
  const another = async ({ engine }: Stack) => {
    const id = newId('database')
    await engine.create({ id, adminVerifier: makeScramVerifier(PASSWORD) })
    await engine.connect(id)
  }

  test('and has only waited for long gives its place to another, and is told so', async () => {
    const full = await start(0)
    try {
      const { ended } = await listen(full)
      await another(full)
      expect(await ended).toMatchObject({ code: '57P01' })
      expect(full.engine.isRunning(full.id)).toBe(false)
    } finally {
      await full.close()
    }
  })

  test('and was in use not long ago keeps its place, and the other is told that none is free', async () => {
    const full = await start(3_600_000)
    try {
      const { client } = await listen(full)
      await expect(another(full)).rejects.toMatchObject({ code: 'at_capacity' })
      expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
      await client.end()
    } finally {
      await full.close()
    }
  })
})

test('at the limit of databases that run, clients of a shared one that only wait keep no other from its place', async () => {
  const full = await startStack({ maxRunning: 1, isShared: true })
  try {
    const waits = async (...statements: string[]) => {
      const client = new pg.Client(full.connectionString())
      const ended = new Promise((resolve) => client.once('error', resolve))
      client.on('error', () => {})
      await client.connect()
      for (const statement of statements) await client.query(statement)
      return { ended }
    }
    const waiting = [
      await waits('listen news'),
      await waits('listen others'),
      await waits('set idle_in_transaction_session_timeout = 0', 'begin', 'select 1'),
    ]
    const other = newId('database')
    await full.engine.create({ id: other, adminVerifier: makeScramVerifier(PASSWORD) })
    await full.engine.connect(other)
    expect(full.engine.isRunning(other)).toBe(true)
    for (const { ended } of waiting) expect(await ended).toMatchObject({ code: '57P01' })
  } finally {
    await full.close()
  }
})
