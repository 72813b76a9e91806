/** GET /healthz of a real workerd. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway()
})
afterAll(() => gateway?.stop())

const ask = () => fetch(`${gateway.url}/healthz`)
const status = async () => (await ask()).status

test('the parts are asked once a second at most, however many requests come', async () => {
  const startedAt = Date.now()
  for (let round = 0; round < 5; round++) {
    const replies = await Promise.all(Array.from({ length: 100 }, ask))
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]))
  }
  expect(gateway.control.healthReads).toBeLessThanOrEqual(1 + (Date.now() - startedAt) / 1_000)
})

test('a part that does not serve is named, and no longer once it serves', async () => {
  gateway.control.isDown = true
  await expect.poll(status).toBe(503)
  expect(await (await ask()).json()).toEqual({
    status: 'unavailable',
    control_api: 'unavailable',
    data_proxy: 'ok',
  })
  gateway.control.isDown = false
  await expect.poll(status).toBe(200)
})
