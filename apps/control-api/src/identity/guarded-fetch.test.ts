import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { guardedFetch } from './guarded-fetch.ts'

let requests = 0
const server = createServer((_, response) => {
  requests += 1
  response.end('{}')
})
beforeAll(() => new Promise<void>((done) => void server.listen(0, '127.0.0.1', done)))
afterAll(() => server.close())

const port = () => (server.address() as AddressInfo).port
const get = (url: string, allowLocal: boolean) =>
  guardedFetch(url, { signal: AbortSignal.timeout(3000), headers: new Headers(), allowLocal })

test('asks loopback only where that is allowed, by address and by name', async () => {
  expect((await get(`http://127.0.0.1:${port()}`, true)).status).toBe(200)
  expect((await get(`http://localhost:${port()}`, true)).status).toBe(200)
  requests = 0
  await expect(get(`http://127.0.0.1:${port()}`, false)).rejects.toThrow('not https')
  await expect(get(`https://127.0.0.1:${port()}`, false)).rejects.toThrow('not a public one')
  await expect(get(`https://localhost:${port()}`, false)).rejects.toThrow(
    'leads to an address that is not public',
  )
  expect(requests).toBe(0)
})

test('asks no other private address, even where loopback is allowed', async () => {
  for (const host of ['10.0.0.1', '169.254.169.254', '[fe80::1]', '0x0a000001'])
    await expect(get(`https://${host}/`, true)).rejects.toThrow('not a public one')
})
