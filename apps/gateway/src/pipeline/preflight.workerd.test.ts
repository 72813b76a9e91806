/** Preflights in a real workerd: any origin may ask, and nothing is looked up. */
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

const APP = 'https://app.example'
const OTHER = 'https://other.example'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway()
  key = await gateway.addKey((config) => {
    config.key.allowed_origins = [APP]
  })
})
afterAll(() => gateway?.stop())

function preflight(url: string, origin: string): Promise<Response> {
  return fetch(url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })
}

test.each([
  ['a database', () => `${key.base}/notes`],
  ['a database that there is not', () => `${gateway.url}/db/${newId('database')}/rest/v1/notes`],
  ['a service that there is not', () => `${key.base.replace('/rest/v1', '')}/auth/v1/token`],
  ['the address of a database itself', () => key.base.replace('/rest/v1', '')],
  ['a service without a database', () => `${gateway.url}/rest/v1/notes`],
])('a preflight to %s is allowed from any origin', async (_, url) => {
  for (const origin of [APP, OTHER, 'null']) {
    const reply = await preflight(url(), origin)
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([204, origin])
    expect(reply.headers.get('access-control-allow-headers')).toContain('apikey')
  }
})

test('a preflight with a malformed origin is allowed for none', async () => {
  const reply = await preflight(`${key.base}/notes`, 'https://a.example, https://b.example')
  expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([204, null])
})

test('a page reads why its origin is refused', async () => {
  const reply = await fetch(`${key.base}/notes`, { headers: { apikey: key.value, origin: OTHER } })
  expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([403, OTHER])
  const message = `The origin ${OTHER} is not on the list of this key`
  expect(await reply.json()).toMatchObject({ code: 'DB9013', message })
})

test('neither preflights nor other requests for made-up ids leave a file', async () => {
  // The key's own objects, and what there is from the start.
  expect((await fetch(`${key.base}/notes`, { headers: { apikey: key.value, origin: APP } })).status).toBe(200)
  const before = gateway.objectFiles()
  for (let i = 0; i < 20; i++) {
    const base = `${gateway.url}/db/${newId('database')}/rest/v1/notes`
    expect((await preflight(base, APP)).status).toBe(204)
    expect((await fetch(base, { headers: { apikey: key.value, origin: APP } })).status).toBe(401)
    expect((await fetch(base, { method: 'OPTIONS' })).status).toBe(204)
  }
  expect(gateway.objectFiles()).toEqual(before)
})
