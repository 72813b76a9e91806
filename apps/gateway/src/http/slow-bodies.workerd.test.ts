/** Bodies that stall, in a real workerd with short deadlines. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway({ bodyTimeoutMs: 1_000, bodyGraceMs: 400 })
  key = await gateway.addKey()
})
afterAll(() => gateway?.stop())

interface Dribble {
  path: string
  headers: Record<string, string>
  /** Sent at once, and then again and again. */
  first: string
  again: string
}

/** What the server says until it ends the connection. */
function send({ path, headers, first, again }: Dribble): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    const lines = Object.entries({ host: hostname, ...headers }).map(([name, value]) => `${name}: ${value}`)
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${first}`)
    const timer = again === '' ? null : setInterval(() => socket.write(again), 50)
    let said = ''
    socket.on('data', (chunk) => {
      said += String(chunk)
      if (timer) clearInterval(timer)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (timer) clearInterval(timer)
      resolve(said)
    })
    setTimeout(() => {
      socket.destroy()
      reject(new Error(`the connection is still open; it said: ${said}`))
    }, 20_000).unref()
  })
}

const LENGTH = { 'content-length': '100000' }
const CHUNKED = { 'transfer-encoding': 'chunked' }
const BODIES: [string, Pick<Dribble, 'headers' | 'first' | 'again'>][] = [
  ['is silent', { headers: LENGTH, first: '', again: '' }],
  ['stops after a byte', { headers: LENGTH, first: '[', again: '' }],
  ['comes a byte at a time', { headers: LENGTH, first: '[', again: ' ' }],
  ['stalls between chunks', { headers: CHUNKED, first: '1\r\n[\r\n', again: '' }],
  ['stalls within a chunk', { headers: CHUNKED, first: 'ff\r\n[', again: '' }],
]

describe.each(BODIES)('a body that %s', (_, body) => {
  test('is answered with 408 by the data plane, which a page can read', async () => {
    const before = gateway.proxy.batches.length
    const origin = 'https://app.example'
    const headers = { apikey: key.value, 'content-type': 'application/json', origin, ...body.headers }
    const said = await send({ ...body, path: new URL(`${key.base}/notes`).pathname, headers })
    expect(said).toMatch(/^HTTP\/1\.1 408 /)
    expect(said.toLowerCase()).toContain(`access-control-allow-origin: ${origin}`)
    expect(said).toContain('"code":"DB9042"')
    expect(gateway.proxy.batches.length).toBe(before)
  })

  test('is answered with 408 by the REST API, and is not forwarded', async () => {
    const before = gateway.control.forwarded.length
    const said = await send({ ...body, path: '/customer/databases', headers: body.headers })
    expect(said).toMatch(/^HTTP\/1\.1 408 /)
    expect(said).toContain('did not arrive in time')
    expect(gateway.control.forwarded.length).toBe(before)
  })

  test('is answered with 408 where an invalidation is expected', async () => {
    const said = await send({ ...body, path: '/internal/invalidate', headers: body.headers })
    expect(said).toMatch(/^HTTP\/1\.1 408 /)
  })
})

test('a body that arrives in parts and in time is accepted', async () => {
  const parts = ['{"tit', 'le":', '"x"}']
  const headers = { apikey: key.value, 'content-type': 'application/json' }
  const body = new ReadableStream({
    async pull(controller) {
      const part = parts.shift()
      if (part === undefined) return controller.close()
      controller.enqueue(new TextEncoder().encode(part))
      await new Promise((resolve) => setTimeout(resolve, 30))
    },
  })
  const request = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
  expect((await fetch(`${key.base}/notes`, request)).status).toBe(201)
})

test('a request whose body is not read ends its connection too', async () => {
  const said = await send({
    path: new URL(`${key.base}/notes`).pathname,
    headers: { apikey: 'db9pk_wrong', ...LENGTH },
    first: '[',
    again: '',
  })
  expect(said).toMatch(/^HTTP\/1\.1 401 /)
})
