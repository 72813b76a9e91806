/** Requests that make no sense, and clients that leave in the middle of one, in a real workerd. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ failedRequests: 1, trustedProxies: '127.0.0.1' })
})
afterAll(() => gateway?.stop())

/** Each test has addresses of its own, of a documentation block. */
let tests = 0
const newAddress = () => `192.0.2.${++tests}`

interface Raw {
  line: string
  host?: string
  headers?: string[]
  body?: string
}

/** Sends a request as it is written, and gives the status that it was answered with; null for none. */
function send({ line, host = 'localhost', headers = [], body = '' }: Raw, address: string) {
  return new Promise<number | null>((resolve) => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    const lines = [`${line} HTTP/1.1`, `host: ${host}`, `x-forwarded-for: ${address}`, ...headers]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    let said = ''
    socket.on('data', (chunk) => {
      said += String(chunk)
      if (said.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(said === '' ? null : Number(said.split(' ')[1])))
  })
}

/** Begins a request to the REST API and leaves in the middle of its body. */
function leave(address: string) {
  return new Promise<void>((resolve) => {
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    const lines = [`POST ${POSTED} HTTP/1.1`, 'host: localhost', `x-forwarded-for: ${address}`]
    socket.write(`${lines.join('\r\n')}\r\ncontent-length: 50000\r\n\r\n{}`)
    setTimeout(() => socket.destroy(), 20)
    socket.on('error', () => undefined).on('close', () => resolve())
  })
}

/** How a request fares of whom the gateway knows nothing bad: answered, or over the limit. */
const isOver = async (address: string) => (await send({ line: 'GET /customer/me' }, address)) === 429

const POSTED = '/customer/anonymous-refresh'
const CHUNKED = ['transfer-encoding: chunked']

describe.each<[string, Raw]>([
  ['a host that is no name', { line: 'GET /healthz', host: '[' }],
  ['a port that there is not', { line: 'GET /customer/me', host: 'localhost:99999999' }],
  ['an address of four numbers that is none', { line: 'GET /docs', host: '999.1.1.1' }],
  ['a host longer than any name', { line: 'GET /healthz', host: 'a.'.repeat(200) }],
  ['a GET with a body', { line: 'GET /customer/me', headers: ['content-length: 1'], body: 'x' }],
  ['a HEAD with a body', { line: 'HEAD /docs', headers: ['content-length: 1'], body: 'x' }],
  ['a GET with a body in chunks', { line: 'GET /docs', headers: CHUNKED, body: '1\r\nx\r\n0\r\n\r\n' }],
  ['a chunk of no size', { line: `POST ${POSTED}`, headers: CHUNKED, body: 'ZZ\r\n' }],
  ['a chunk that does not end', { line: `POST ${POSTED}`, headers: CHUNKED, body: '2\r\n{}xx' }],
])('%s', (_, raw) => {
  test('is answered with 400, counted as a failure, and neither forwarded nor logged', async () => {
    const address = newAddress()
    const [forwarded, log] = [gateway.control.forwarded.length, gateway.log()]
    const answers: (number | null)[] = []
    do answers.push(await send(raw, address))
    while (answers.at(-1) !== 429 && answers.length < 500)
    expect(answers.at(-1)).toBe(429)
    expect(new Set(answers.slice(0, -1))).toEqual(new Set([400]))
    expect(answers.length).toBeGreaterThan(5)
    expect(gateway.control.forwarded.length).toBe(forwarded)
    expect(gateway.log()).toBe(log)
    expect(await isOver(newAddress())).toBe(false)
  })
})

test('a client that leaves in the middle of its body is counted as a failure, and its request is neither forwarded nor logged', async () => {
  const address = newAddress()
  const log = gateway.log()
  const bodies = () => gateway.control.forwarded.filter(({ path }) => path === POSTED).length
  const before = bodies()
  await expect
    .poll(
      async () => {
        await Promise.all(Array.from({ length: 10 }, () => leave(address)))
        return isOver(address)
      },
      { timeout: 20_000 },
    )
    .toBe(true)
  expect(bodies()).toBe(before)
  expect(gateway.log()).toBe(log)
})
