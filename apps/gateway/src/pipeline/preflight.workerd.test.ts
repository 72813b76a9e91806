/** Preflights of ids that somebody made up, in a real workerd that lets one request of an address fail each second. */
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

const APP = 'https://app.example'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway({ failedRequests: 1, trustedProxies: '127.0.0.1' })
  key = await gateway.addKey((config) => {
    config.key.allowed_origins = [APP]
  })
})
afterAll(() => gateway?.stop())

function preflight(base: string, address: string, origin = APP): Promise<Response> {
  return fetch(`${base}/notes`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'x-forwarded-for': address },
  })
}

const madeUp = () => `${gateway.url}/db/${newId('database')}/rest/v1`

test('neither preflights nor other requests for made-up ids leave a file', async () => {
  // The key's own objects, and what there is from the start.
  expect((await fetch(`${key.base}/notes`, { headers: { apikey: key.value, origin: APP } })).status).toBe(200)
  const before = gateway.objectFiles()
  const lookups = gateway.control.originReads
  for (let i = 0; i < 40; i++) {
    const base = madeUp()
    const address = `198.51.100.${i}`
    expect((await preflight(base, address)).status).toBe(204)
    const headers = { apikey: key.value, origin: APP, 'x-forwarded-for': address }
    expect((await fetch(`${base}/notes`, { headers })).status).toBe(401)
    expect((await fetch(`${base}/notes`, { method: 'OPTIONS', headers: {} })).status).toBe(204)
  }
  await expect.poll(() => gateway.control.originReads).toBe(lookups + 40)
  expect(gateway.objectFiles()).toEqual(before)
})

test('requests for made-up ids count as failures of their address, which then causes no lookups', async () => {
  const address = '203.0.113.1'
  const base = madeUp()
  const lookups = gateway.control.originReads
  await preflight(base, address)
  await expect.poll(() => gateway.control.originReads).toBe(lookups + 1)
  await expect.poll(async () => (await preflight(base, address)).status).toBe(429)
  for (let i = 0; i < 30; i++) expect((await preflight(madeUp(), address)).status).toBe(204)
  // One may fail each second.
  expect(gateway.control.originReads - lookups).toBeLessThan(20)
  expect((await preflight(base, '203.0.113.2')).status).toBe(204)
})
