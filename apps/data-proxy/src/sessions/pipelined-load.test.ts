/** Pipelined reads under load: no caller sees another's settings, none starves, and no session is left in use. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNAL_PATHS } from '@db9/types/internal'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Directory } from '../directory/directory.ts'
import { postText } from '../testing/http.ts'
import { readThrough, toValue } from '../testing/pipelined.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import type { ClientHandle } from './client.ts'
import type { Statement } from './pipeline.ts'
import { Pool } from './pool.ts'
import { run } from './run.ts'

let stack: Stack
let admin: pg.Client
let pool: Pool
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query(`create table written (n int); grant select, insert on written to authenticator;
    create function take_claims() returns text language plpgsql as $$ begin
      return set_config('request.jwt.claims', '{"sub":"eve"}', false) || set_config('role', 'authenticated', false);
    end $$`)
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})
beforeEach(() => {
  pool = new Pool(stack.id, new Directory(stack.control))
})
afterEach(() => pool.close())

const here = (): ClientHandle => ({ isGone: false, onGone: null })
function leave(clients: readonly ClientHandle[]): void {
  for (const client of clients) {
    client.isGone = true
    client.onGone?.()
  }
}

const read = async (text: string) => toValue(await readThrough(pool, [text]))

async function expectNothingInUse(): Promise<void> {
  await expect.poll(() => pool.releaseIdle(), { timeout: 10_000 }).toBe(true)
}

const WHO = `select current_user || ' ' || coalesce(current_setting('request.jwt.claims', true), '')`
const TAKE = 'select public.take_claims()'

/** As the gateway reads for a caller. */
async function readAs(role: string, claims: string, text: string): Promise<string | null | undefined> {
  const settings: Statement = {
    text: `select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`,
    params: [role, claims],
  }
  const statements = [
    { text: 'BEGIN READ ONLY', params: [] },
    settings,
    { text, params: [] },
    { text: 'COMMIT', params: [] },
  ]
  const { results, error } = await run(
    statements,
    { role: 'authenticator', credentials: null, mode: 'pipelined', shared: text },
    here(),
    pool,
  )
  return toValue({ results: results.slice(1), error })
}

test('each caller has its own settings, whichever ran before it on the session', async () => {
  for (let i = 0; i < 20; i++) await Promise.all([readAs('anon', '', WHO), readAs('anon', '', TAKE)])
  for (let round = 0; round < 20; round++) {
    const seen: Promise<unknown>[] = []
    const expected: string[] = []
    const between: Promise<unknown>[] = []
    for (let i = 0; i < 24; i++) {
      const role = i % 3 === 0 ? 'anon' : 'authenticated'
      const claims = role === 'anon' ? '' : `{"sub":"${round}.${i}"}`
      seen.push(readAs(role, claims, WHO))
      expected.push(`${role} ${claims}`)
      if (i % 5 === 0) between.push(readAs('authenticated', '{"sub":"eve"}', TAKE))
      // A read without a caller's settings finds none.
      if (i % 7 !== 0) continue
      seen.push(read(WHO))
      expected.push('authenticator ')
    }
    expect(await Promise.all(seen)).toEqual(expected)
    await Promise.all(between)
  }
})

test('a server process that stands still holds up the one that it is at, and nobody behind', async () => {
  const PID = 'select pg_backend_pid()::text'
  for (let i = 0; i < 20; i++) await read(PID)
  const own = Number(await read(PID))
  const pid = await stack.pidOf(own)
  process.kill(pid, 'SIGSTOP')
  const order: string[] = []
  try {
    const first = read(PID).finally(() => order.push('first'))
    const behind = Array.from({ length: 5 }, () => read(PID))
    const others = await Promise.all(behind)
    order.push('behind')
    expect(others.map(Number)).not.toContain(own)
    process.kill(pid, 'SIGCONT')
    expect(Number(await first)).toBe(own)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  expect(order).toEqual(['behind', 'first'])
  await expectNothingInUse()
})

test('a server whose every process stands still for a while answers everyone after', async () => {
  const texts = Array.from({ length: 30 }, (_, i) => `select '${i % 3}'`)
  for (let i = 0; i < 20; i++) await Promise.all(texts.slice(0, 3).map(read))
  const { rows } = await admin.query(`select pid from pg_stat_activity where usename = 'authenticator'`)
  const pids = await Promise.all(rows.map(({ pid }) => stack.pidOf(pid)))
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  const answers = Promise.all(texts.map(read))
  await sleep(2_000)
  for (const pid of pids) process.kill(pid, 'SIGCONT')
  expect(await answers).toEqual(texts.map((_, i) => `${i % 3}`))
  await expectNothingInUse()
})

test('a thousand that leave at once leave nothing in use', async () => {
  const text = 'select pg_sleep(0.001)::text'
  for (let i = 0; i < 20; i++) await read('select 1')
  const clients = Array.from({ length: 1_000 }, here)
  const reads = clients.map((client, i) => readThrough(pool, [i % 2 === 0 ? text : 'select 1'], client))
  const settled = Promise.allSettled(reads)
  await sleep(3)
  leave(clients)
  await settled
  await expectNothingInUse()
  expect(await read('select 1')).toBe('1')
})

test('those who left while they waited keep nobody out', async () => {
  await read('select 1')
  // As many as there may be sessions; each is slow before the next is let in beside it.
  const slow = Array.from({ length: 16 }, here)
  const slowReads: Promise<unknown>[] = []
  for (const client of slow) {
    // Settled from the start: they reject as soon as their clients leave.
    slowReads.push(Promise.allSettled([readThrough(pool, ['select pg_sleep(9)::text'], client)]))
    await sleep(25)
  }
  const waiting = Array.from({ length: 500 }, here)
  const waits = Promise.allSettled(waiting.map((client) => readThrough(pool, ['select 1'], client)))
  await expect(read('select 1')).rejects.toMatchObject({ status: 429 })
  leave(waiting)
  for (const one of await waits) expect(one).toMatchObject({ reason: { code: '08006' } })
  const next = read('select 1')
  leave(slow)
  expect(await next).toBe('1')
  await Promise.all(slowReads)
  await expectNothingInUse()
})

test('writes and slow reads get their turn beside quick reads without end', async () => {
  for (let i = 0; i < 20; i++) await read('select 1')
  let isOver = false
  const flood = Array.from({ length: 60 }, async () => {
    while (!isOver) expect(await read('select 1')).toBe('1')
  })
  const write = async (n: number) => {
    const statements = ['BEGIN', `insert into public.written values (${n})`, 'COMMIT']
    const options = { role: 'authenticator', credentials: null, mode: 'pipelined', shared: null } as const
    const { error } = await run(
      statements.map((text) => ({ text, params: [] })),
      options,
      here(),
      pool,
    )
    expect(error).toBeNull()
  }
  await Promise.all([...Array(30).keys()].map(write))
  await Promise.all(Array.from({ length: 4 }, () => read('select pg_sleep(0.05)::text')))
  isOver = true
  await Promise.all(flood)
  expect(
    (await admin.query('select count(distinct n)::int, count(*)::int as all from written')).rows,
  ).toEqual([{ count: 30, all: 30 }])
})

test('clients that never read their replies hold up nobody else', async () => {
  const headers = { authorization: `Bearer ${await stack.credential()}` }
  const toBatch = (text: string) => ({ readOnly: true, bodyColumn: 0, statements: [{ text, params: [] }] })
  const sockets = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const body = JSON.stringify(toBatch(`select repeat('x', 9000000)`))
      const socket = connect(stack.httpPort, '127.0.0.1')
      socket.write(
        `POST ${INTERNAL_PATHS.batch} HTTP/1.1\r\nhost: proxy\r\nauthorization: ${headers.authorization}\r\n`,
      )
      socket.write(`content-length: ${body.length}\r\n\r\n${body}`)
      // A first chunk is taken, as by a client that stops reading in the middle.
      await once(socket, 'readable')
      return socket
    }),
  )
  for (const socket of sockets) expect(socket.read(15).toString()).toBe('HTTP/1.1 200 OK')
  for (let i = 0; i < 30; i++) {
    const request = {
      port: stack.httpPort,
      path: INTERNAL_PATHS.batch,
      headers,
      body: toBatch(`select '${i}'`),
    }
    expect((await postText(request)).body).toBe(`${i}`)
  }
  expect(sockets.every((socket) => socket.bytesRead < 1_000_000)).toBe(true)
  await expect.poll(() => stack.proxy.release(stack.id), { timeout: 10_000 }).toBe(true)
  for (const socket of sockets) socket.destroy()
})
