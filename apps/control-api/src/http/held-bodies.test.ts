/** How many bytes of bodies are held at once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

/** Of which an account alone may hold a fifth. */
const BODY_BYTES = 500_000

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi({ bodyBytes: BODY_BYTES })
  id = (await t.createDatabase('held')).id
  expect((await t.sql(id, 'create table noted (n int)')).status).toBe(200)
})
afterAll(() => t?.dispose())

const sqlOf = (bytes: number, statement = 'insert into noted values (1)') => ({
  query: `${statement} --${'x'.repeat(bytes)}`,
})

/** A body of which nothing has come yet, and whose sender says how long it is. */
function pendingBody() {
  let controller: ReadableStreamDefaultController | undefined
  let pulls = 0
  const body = new ReadableStream(
    {
      start(given) {
        controller = given
      },
      pull() {
        pulls += 1
      },
    },
    { highWaterMark: 0 },
  )
  const send = (database: string, length?: number, token = t.ownerToken) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(length !== undefined && { 'content-length': String(length) }),
    }
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    return t.api.fetch(new Request(`http://control/customer/databases/${database}/sql`, init))
  }
  return {
    send,
    pulls: () => pulls,
    write: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    end: () => controller?.close(),
  }
}

const noted = async () => (await t.sql(id, 'select count(*)::int from noted')).json.rows[0][0]

test('returns 429 before it reads a body whose Content-Length is more than may be held', async () => {
  const body = pendingBody()
  const reply = await body.send(id, BODY_BYTES / 2)
  expect(reply.status).toBe(429)
  expect(reply.headers.get('retry-after')).toBe('1')
  expect(await reply.json()).toMatchObject({ code: 'rate_limited' })
  expect(body.pulls()).toBe(0)
})

test('returns 429 while it reads a body that is more than may be held', async () => {
  const body = pendingBody()
  const reply = body.send(id)
  for (let i = 0; i < 20; i++) body.write('x'.repeat(10_000))
  expect((await reply).status).toBe(429)
})

test('returns 429 to an account whose bodies take its share, serves another, and frees all at the end', async () => {
  const before = await noted()
  const stranger = await t.anonymous()
  const other = await t.createDatabase('of-a-stranger', { token: stranger })
  const body = pendingBody()
  const first = body.send(id, 80_000)
  await expect.poll(() => body.pulls()).toBeGreaterThan(0)
  expect((await t.sql(id, sqlOf(30_000))).status).toBe(429)
  expect(await noted()).toBe(before)
  expect((await t.sql(other.id, sqlOf(30_000, 'select 1'), { token: stranger })).status).toBe(200)
  body.write('{"query":"select 1"}')
  body.end()
  expect((await first).status).toBe(200)
  expect((await t.sql(id, sqlOf(90_000))).status).toBe(200)
  expect(await noted()).toBe(before + 1)
})

test('a statement holds its body until its reply, and frees it when its client leaves', async () => {
  const leaving = new AbortController()
  const waits = t.sql(id, sqlOf(80_000, 'select pg_sleep(60)'), { signal: leaving.signal })
  const sleeping = `select count(*)::int from pg_stat_activity where query like 'select pg_sleep(60)%'`
  await expect.poll(async () => (await t.sql(id, sleeping)).json.rows[0][0], { timeout: 10_000 }).toBe(1)
  expect((await t.sql(id, sqlOf(30_000))).status).toBe(429)
  leaving.abort()
  expect((await waits).status).toBe(503)
  expect((await t.sql(id, sqlOf(30_000))).status).toBe(200)
})

test('each value counts more than its text', async () => {
  const numbers = Array.from({ length: 5_000 }, () => 1)
  const reply = await t.sql(id, { query: 'select cardinality($1::int[])', params: [numbers] })
  expect(reply.status).toBe(429)
})

test('a body of another route is at most 256 KiB', async () => {
  const reply = await t.call('POST', '/databases', { body: { name: 'x'.repeat(256 * 1024) } })
  expect([reply.status, reply.json.message]).toEqual([400, 'body: must be at most 262144 bytes'])
})
