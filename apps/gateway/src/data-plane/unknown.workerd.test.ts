/** What is answered where there is nothing, and that a client reads it while it is still sending a body. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

const APP = 'https://app.example'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway()
  key = await gateway.addKey()
})
afterAll(() => gateway?.stop())

const database = () => key.base.replace('/rest/v1', '')

test.each([
  ['/auth/v1/token', 'sign users in with your own identity provider'],
  ['/storage/v1/object/a', 'no storage service at /storage/v1'],
  ['/realtime/v1/websocket', 'no realtime service at /realtime/v1'],
  ['/functions/v1/hello', 'no functions at /functions/v1'],
  ['/graphql/v1', 'the data API is at /rest/v1'],
  ['/rest/v2/notes', 'the data API is at /db/{database_id}/rest/v1/'],
  ['', 'the data API is at /db/{database_id}/rest/v1/'],
])('a page that asks for %s reads what is missing in the message', async (path, message) => {
  const reply = await fetch(database() + path, { headers: { apikey: key.value, origin: APP } })
  expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([404, APP])
  expect(await reply.json()).toMatchObject({ code: 'DB9040', message: expect.stringContaining(message) })
})

test.each(['/rest/v1/notes', '/auth/v1/token'])(
  'the URL %s without a database says what it lacks',
  async (path) => {
    const reply = await fetch(gateway.url + path, { headers: { origin: APP } })
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([404, APP])
    expect(await reply.json()).toMatchObject({ message: expect.stringContaining('This URL has no database') })
  },
)

describe('a refusal while a body is being sent', () => {
  const form = () => {
    const data = new FormData()
    data.append('file', new Blob(['x'.repeat(300_000)]))
    return data
  }
  const stream = () =>
    new ReadableStream({
      async start(controller) {
        for (let i = 0; i < 10; i++) {
          controller.enqueue(new Uint8Array(30_000))
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
        controller.close()
      },
    })
  const send = (url: string, apikey: string, body: () => FormData | ReadableStream) =>
    fetch(url, {
      method: 'POST',
      headers: { apikey, origin: APP },
      body: body(),
      duplex: 'half',
    } as RequestInit)

  test.each<[string, () => string, string | null, number, () => FormData | ReadableStream]>([
    ['a missing service and a form', () => `${database()}/storage/v1/object/a`, null, 404, form],
    ['a missing service and a stream', () => `${database()}/storage/v1/object/a`, null, 404, stream],
    ['a wrong key and a form', () => `${key.base}/notes`, 'db9pk_wrong', 401, form],
    ['a wrong key and a stream', () => `${key.base}/notes`, 'db9pk_wrong', 401, stream],
  ])('is read by its client: %s', async (_, url, apikey, status, body) => {
    for (let i = 0; i < 25; i++) {
      const reply = await send(url(), apikey ?? key.value, body)
      expect(reply.status).toBe(status)
      await reply.json()
    }
  })

  test('is read by the client of a body that is too large', async () => {
    for (let i = 0; i < 5; i++) {
      const reply = await fetch(`${key.base}/notes`, {
        method: 'POST',
        headers: { apikey: key.value, 'content-type': 'application/json' },
        body: `["${'x'.repeat(3 * 1024 * 1024)}"]`,
      })
      expect(reply.status).toBe(413)
      await reply.json()
    }
  })
})
