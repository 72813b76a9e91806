import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import type { SqlReply } from '@db9/types'
import { type ServerType, serve } from '@hono/node-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let server: ServerType
let port: number
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('served')).id
  server = serve({ fetch: t.api.fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server?.close()
  await t?.dispose()
})

const post = (path: string, body: RequestInit['body'], headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}/customer${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${t.ownerToken}`, 'content-type': 'application/json', ...headers },
    body: body ?? null,
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  })

test('a body in chunks is read whole, and only up to its limit', async () => {
  const chunks = (count: number) => {
    let sent = 0
    return new ReadableStream({
      pull(controller) {
        sent += 1
        const text = sent === 1 ? '{"query":"select 1 --' : sent > count ? '"}' : 'x'.repeat(64 * 1024)
        controller.enqueue(new TextEncoder().encode(text))
        if (sent > count) controller.close()
      },
    })
  }
  const whole = await post(`/databases/${id}/sql`, chunks(20))
  expect([whole.status, ((await whole.json()) as SqlReply).rows]).toEqual([200, [[1]]])
  const tooLarge = await post(`/databases/${id}/sql`, chunks(10_000)).catch(() => null)
  if (tooLarge) expect(tooLarge.status).toBe(400)
  expect((await post(`/databases/${id}/sql`, '{"query":"select 1"}')).status).toBe(200)
})

test('a client that disconnects ends its statement', async () => {
  const body = JSON.stringify({ query: 'select pg_sleep(30)' })
  const client = connect(port, '127.0.0.1')
  client.write(
    `POST /customer/databases/${id}/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${t.ownerToken}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  const running = `select count(*)::int from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active'`
  const count = async () => (await t.sql(id, running)).json.rows[0][0]
  await expect.poll(count).toBe(1)
  client.destroy()
  await expect.poll(count, { timeout: 3000 }).toBe(0)
})

test('a body that breaks off is logged as the client’s fault', async () => {
  const client = connect(port, '127.0.0.1')
  client.write(
    `POST /customer/databases/${id}/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${t.ownerToken}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":',
  )
  const requests = () =>
    t
      .logged()
      .split('\n')
      .filter((line) => line.includes('"status":400')).length
  const before = requests()
  // Once the headers are taken, the route waits for the rest.
  await expect.poll(() => server.listening && client.bytesWritten > 0).toBe(true)
  await post(`/databases/${id}/sql`, '{"query":"select 1"}')
  client.destroy()
  await expect.poll(requests).toBe(before + 1)
  expect(t.logged()).not.toContain('request failed')
})

test('returns 400 for an empty body where one is required and for a wrong Content-Type', async () => {
  expect((await post('/databases', undefined)).status).toBe(400)
  expect((await post('/databases', '{"name":"x"}', { 'content-type': 'text/plain' })).status).toBe(400)
})
