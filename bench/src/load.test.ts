import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestBytes, runLoad } from './load.ts'

let seen = 0
const server = createServer((request, response) => {
  seen++
  if (request.url === '/closes') response.setHeader('connection', 'close')
  response.writeHead(request.url === '/no' ? 403 : 200).end('{"some":"body"}')
})
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

const load = (path: string) =>
  runLoad({ port, requests: [requestBytes({ path, port })], connections: 4, seconds: 0.2, expect: 200 })

test('counts every response that the server gave, and its time', async () => {
  seen = 0
  const result = await load('/')
  expect(result.failures).toBe(0)
  expect(result.perSecond * 0.2).toBeGreaterThan(seen * 0.5)
  expect(result.perSecond * 0.2).toBeLessThanOrEqual(seen)
  expect(result.p50Ms).toBeGreaterThan(0)
  expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms)
})

test('connects again when the server closes, and goes on counting', async () => {
  expect((await load('/closes')).perSecond).toBeGreaterThan(100)
})

test('a status that was not expected is a failure and no throughput', async () => {
  const result = await load('/no')
  expect(result.perSecond).toBe(0)
  expect(result.failures).toBeGreaterThan(0)
  expect(result.firstFailure).toMatch(/^403 f\r\n{"some":"body"}/)
})
