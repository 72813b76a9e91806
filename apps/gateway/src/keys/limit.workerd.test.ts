/** The limit of a key in a real workerd. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway?.stop())

const read = (key: TestKey) => fetch(`${key.base}/notes`, { headers: { apikey: key.value } })
const insert = (key: TestKey) =>
  fetch(`${key.base}/notes`, {
    method: 'POST',
    body: '{"id":1}',
    headers: { apikey: key.value, 'content-type': 'application/json' },
  })

test('a key over its limit gets 429 with Retry-After, and no statement is sent', async () => {
  const key = await gateway.addKey((config) => {
    config.key.rate_limit = { rps: 1, burst: 5, costs: { write: 1, rpc: 1 } }
  })
  const before = gateway.proxy.batches.length
  const replies = await Promise.all(Array.from({ length: 30 }, () => read(key)))
  const limited = replies.filter(({ status }) => status === 429)
  expect(replies.filter(({ status }) => status === 200).length).toBe(5)
  expect(limited.length).toBe(25)
  expect(gateway.proxy.batches.length).toBe(before + 5)
  for (const { headers } of limited) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(headers.get('ratelimit-policy')).toBe('"key";q=5;w=5')
    expect(headers.get('ratelimit')).toMatch(/^"key";r=0;t=\d+$/)
  }
  expect(await limited[0]?.json()).toMatchObject({ code: 'DB9031', details: null })
})

test('under overload, at most burst + rps·T requests are admitted, and nearly all of them', async () => {
  const key = await gateway.addKey((config) => {
    config.key.rate_limit = { rps: 40, burst: 40, costs: { write: 1, rpc: 1 } }
  })
  const start = Date.now()
  let passed = 0
  const worker = async () => {
    while (Date.now() - start < 2500) {
      const reply = await read(key)
      await reply.text()
      if (reply.status === 200) passed++
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  const allowed = 40 + (40 * (Date.now() - start)) / 1000
  expect(passed).toBeLessThanOrEqual(allowed)
  expect(passed).toBeGreaterThan(allowed * 0.85)
})

test('a key that replaced another one uses the same bucket', async () => {
  const limit = { rps: 1, burst: 6, costs: { write: 1, rpc: 1 } }
  const old = await gateway.addKey((config) => {
    config.key.rate_limit = limit
  })
  const next = await gateway.addKey((config) => {
    config.key.rate_limit = limit
    config.key.limit_group = old.config.key.id
  })
  const replies = await Promise.all([old, next, old, next, old, next, old, next, old, next].map(read))
  const passed = replies.filter(({ status }) => status === 200).length
  // One of the two may still hold on lease what the other asks for.
  expect(passed).toBeLessThanOrEqual(6)
  expect(passed).toBeGreaterThanOrEqual(4)
})

test('writes cost what the key says', async () => {
  const key = await gateway.addKey((config) => {
    config.key.rate_limit = { rps: 1, burst: 10, costs: { write: 5, rpc: 1 } }
  })
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await insert(key)).status)
  expect(statuses).toEqual([201, 201, 429])
})

test.each(['rpc/f', '%72pc/f', 'r%70c/%66'])('a call costs what the key says, spelled %s', async (path) => {
  const key = await gateway.addKey((config) => {
    config.key.rate_limit = { rps: 1, burst: 10, costs: { write: 1, rpc: 5 } }
  })
  const statuses = []
  for (const method of ['GET', 'POST', 'GET', 'POST']) {
    statuses.push((await fetch(`${key.base}/${path}`, { method, headers: { apikey: key.value } })).status)
  }
  expect(statuses).toEqual([404, 404, 429, 429])
})

test('a read that is sent as a form costs as much as a read', async () => {
  const key = await gateway.addKey((config) => {
    config.key.rate_limit = { rps: 1, burst: 4, costs: { write: 4, rpc: 1 } }
  })
  const headers = {
    apikey: key.value,
    'content-type': 'application/x-www-form-urlencoded',
    'x-http-method-override': 'GET',
  }
  const statuses = []
  for (let i = 0; i < 3; i++) {
    statuses.push((await fetch(`${key.base}/notes`, { method: 'POST', body: 'select=id', headers })).status)
  }
  expect(statuses).toEqual([200, 200, 200])
})

test('requests that are refused for another reason cost nothing', async () => {
  const key = await gateway.addKey((config) => {
    config.key.allowed_origins = ['https://app.example.com']
    config.key.rate_limit = { rps: 1, burst: 4, costs: { write: 1, rpc: 1 } }
  })
  const send = (origin: string) => fetch(`${key.base}/notes`, { headers: { apikey: key.value, origin } })
  for (let i = 0; i < 20; i++) expect((await send('https://evil.example')).status).toBe(403)
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await send('https://app.example.com')).status)
  expect(statuses).toEqual([200, 200, 200, 200])
})

test('spent tokens are remembered when the runtime is killed and starts again', async () => {
  const own = await startTestGateway()
  const key = await own.addKey((config) => {
    config.key.rate_limit = { rps: 1, burst: 40, costs: { write: 1, rpc: 1 } }
  })
  for (let i = 0; i < 40; i++) await (await read(key)).text()
  const url = await own.restart()
  const base = key.base.replace(own.url, url)
  const statuses = []
  for (let i = 0; i < 40; i++) statuses.push((await read({ ...key, base })).status)
  await own.stop()
  // A twentieth of the burst may be forgotten, and a token comes back each second.
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(5)
})
