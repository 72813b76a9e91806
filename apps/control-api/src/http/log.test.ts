/** What a stranger can make the log hold, and how often one is refused. */
import { signRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { INTERNAL_SECRET, startTestApi, type TestApi } from '../testing/api.ts'
import { boundedLogger } from './log.ts'

let t: TestApi
let id: string
let address = 0
beforeAll(async () => {
  t = await startTestApi({
    refusalLimits: { perAddress: { burst: 3, perHour: 60 }, logged: { burst: 1_000, perHour: 1 } },
  })
  id = (await t.createDatabase('logged')).id
})
afterAll(() => t?.dispose())
beforeEach(() => {
  address += 1
})

const from = () => ({ 'x-db9-client-address': `203.0.113.${address}` })
/** The lines of requests from here on. */
function watchLog() {
  const start = t.logged().length
  return () =>
    t
      .logged()
      .slice(start)
      .split('\n')
      .flatMap((line) => (line.includes('"msg":"request"') ? [JSON.parse(line)] : []))
}

test('a request is logged by its route and database, never by its path', async () => {
  const lines = watchLog()
  await t.call('GET', `/databases/logged?secret=in-the-query`, { headers: from() })
  await t.call('GET', `/${'x'.repeat(6_000)}`, { token: null, headers: from() })
  expect(lines().map(({ route, database_id, status }) => [route, database_id, status])).toEqual([
    ['/customer/databases/:database_id', id, 400],
    [null, undefined, 404],
  ])
  expect(t.logged()).not.toContain('xxxxxx')
  expect(t.logged()).not.toContain('in-the-query')
})

test('returns 429 with Retry-After to an address that is refused too often, and logs no more of it', async () => {
  const lines = watchLog()
  const ask = (path: string, token: string | null) => t.call('GET', path, { token, headers: from() })
  const first = [await ask('/me', null), await ask('/me', 'f'.repeat(128)), await ask('/nothing', null)]
  expect(first.map(({ status }) => status)).toEqual([401, 401, 404])
  for (const path of ['/me', '/nothing', `/databases/${id}`]) {
    const { status, headers, json } = await ask(path, null)
    expect([status, json.code]).toEqual([429, 'rate_limited'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(headers.get('www-authenticate')).toBeNull()
  }
  expect(lines()).toHaveLength(3)
  // Who has a token is served, and others are not concerned.
  expect((await ask('/me', t.ownerToken)).status).toBe(200)
  expect(lines()).toHaveLength(4)
  address += 1
  expect((await ask('/me', null)).status).toBe(401)
})

test('unknown ids count as refusals for every caller', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 5; i++)
    statuses.push((await t.call('GET', '/databases/nothing', { headers: from() })).status)
  expect(statuses).toEqual([404, 404, 404, 429, 429])
})

test('refusals of all addresses leave a bounded number of lines', async () => {
  const limits = { perAddress: { burst: 100, perHour: 1 }, logged: { burst: 4, perHour: 1 } }
  const api = await t.restart(t.engine, { refusalLimits: limits })
  const lines = watchLog()
  for (let i = 0; i < 20; i++) {
    const headers = { 'x-db9-client-address': `2001:db8:${i}::1` }
    expect((await api.fetch(new Request('http://control/customer/me', { headers }))).status).toBe(401)
  }
  expect(lines()).toHaveLength(4)
})

test('internal calls are logged only where they fail, and no more often than refusals', async () => {
  const limits = { perAddress: { burst: 100, perHour: 1 }, logged: { burst: 4, perHour: 1 } }
  const api = await t.restart(t.engine, { refusalLimits: limits })
  const lines = watchLog()
  const ask = async (path: string, body = '') => {
    const key = await hmacKey(INTERNAL_SECRET)
    const signature = await signRequest({ method: body ? 'POST' : 'GET', path, body }, key)
    const init = { headers: { 'x-db9-signature': signature }, ...(body && { method: 'POST', body }) }
    return (await api.fetch(new Request(`http://control${path}`, init))).status
  }
  const connect = (of: string) => `/internal/databases/${of}/connect`
  for (let i = 0; i < 10; i++) {
    expect(await ask('/internal/healthz')).toBe(200)
    expect(await ask(connect(id), '{"role":"admin"}')).toBe(200)
    expect(await ask(connect('db_00000000000000000000000000'), '{"role":"admin"}')).toBe(404)
  }
  expect(lines()).toHaveLength(0)
  for (let i = 0; i < 10; i++) expect(await ask(connect(id), '{"role":1}')).toBe(400)
  expect(lines()).toHaveLength(4)
})

test('an error is logged with its texts cut', () => {
  let line = ''
  const log = boundedLogger(pino({}, { write: (text: string) => (line = text) }))
  log.error({ err: Object.assign(new Error('m'.repeat(90_000)), { detail: 'd'.repeat(90_000) }) }, 'failed')
  expect(line.length).toBeLessThan(10_000)
  expect(JSON.parse(line).err.message).toMatch(/^m{2000}…$/)
})
