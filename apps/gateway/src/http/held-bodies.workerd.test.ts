/** What bodies that do not end hold of a real workerd. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

const MIB = 1024 * 1024
const BODY = `{"title":"${'x'.repeat(1_000_000)}"}`

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ bodyTimeoutMs: 600_000, bodyGraceMs: 600_000 })
})
afterAll(() => gateway?.stop())

let honest: TestKey
beforeEach(async () => {
  honest = await gateway.addKey()
})

function upload(key: TestKey): Promise<number> {
  const headers = { apikey: key.value, 'content-type': 'application/json' }
  return fetch(`${key.base}/notes`, { method: 'POST', headers, body: BODY }).then((reply) => reply.status)
}

interface Sent {
  socket: Socket
  /** What the gateway said so far; empty while it waits for the rest of the body. */
  said: string
  timer: ReturnType<typeof setInterval> | null
}

/** Sends a body: all of it, or all but its last bytes, which then come slowly. */
function send(key: TestKey, { isWhole }: { isWhole: boolean }): Sent {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  const sent: Sent = { socket, said: '', timer: null }
  const head = [
    `POST ${new URL(key.base).pathname}/notes HTTP/1.1`,
    `host: ${hostname}`,
    `apikey: ${key.value}`,
    'content-type: application/json',
    `content-length: ${isWhole ? BODY.length : BODY.length + MIB}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${BODY}`)
  if (!isWhole) sent.timer = setInterval(() => socket.write(' '.repeat(75)), 50)
  socket.on('data', (chunk) => {
    sent.said += String(chunk)
    if (sent.timer) clearInterval(sent.timer)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    if (sent.timer) clearInterval(sent.timer)
  })
  return sent
}

function leave(all: readonly Sent[]): void {
  for (const { socket } of all) socket.destroy()
}

const setOfRequestBytes = (key: TestKey) => {
  key.config.data_api.caps.request_bytes = 4 * MIB
}

test('bodies that stop arriving are bounded, and another database still has room', async () => {
  const before = gateway.memory()
  const keys = await Promise.all(Array.from({ length: 5 }, () => gateway.addKey()))
  keys.forEach(setOfRequestBytes)
  const sent: Sent[] = []
  for (let round = 0; round < 6; round++) {
    for (const key of keys)
      for (let i = 0; i < 12; i++) {
        sent.push(send(key, { isWhole: false }))
      }
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(await upload(await gateway.addKey())).toBe(201)
  }
  // A body is held until its request is answered or its connection ends.
  const held = () => sent.filter(({ said, socket }) => said === '' && !socket.destroyed).length
  await expect.poll(held).toBeLessThanOrEqual((64 * MIB) / BODY.length)
  expect(sent.some(({ said }) => said.startsWith('HTTP/1.1 408 '))).toBe(true)
  const after = gateway.memory()
  if (before !== null && after !== null) expect(after - before).toBeLessThan(450 * MIB)
  leave(sent)
})

test('the bytes of clients that have left are free again', async () => {
  setOfRequestBytes(honest)
  for (let round = 0; round < 3; round++) {
    const sent = Array.from({ length: 11 }, () => send(honest, { isWhole: false }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    leave(sent)
    await expect.poll(() => upload(honest)).toBe(201)
  }
})

test('the bytes of clients that have left before their reply are free again', async () => {
  const { promise, resolve: answer } = Promise.withResolvers<string>()
  gateway.proxy.bodyOf = () => promise
  const before = gateway.proxy.batches.length
  const sent = Array.from({ length: 14 }, () => send(honest, { isWhole: true }))
  await expect.poll(() => gateway.proxy.batches.length).toBeGreaterThanOrEqual(before + 14)
  leave(sent)
  // The runtime hears of it.
  await new Promise((resolve) => setTimeout(resolve, 500))
  gateway.proxy.bodyOf = null
  answer('[]')
  const statuses = () => Promise.all(Array.from({ length: 4 }, () => upload(honest)))
  await expect.poll(statuses).toEqual([201, 201, 201, 201])
})
