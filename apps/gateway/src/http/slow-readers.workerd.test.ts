/** Clients that do not read what they asked for, in a real workerd with a short deadline. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

const LARGE = `["${'x'.repeat(9_600_000)}"]`

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway({ replyIdleMs: 500 })
  key = await gateway.addKey()
  gateway.proxy.body = LARGE
  gateway.control.asset = 'y'.repeat(9_600_000)
})
afterAll(() => gateway?.stop())

/** A client that has asked, and does not read. */
function ask(path: string): Socket {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  socket.pause()
  socket.on('error', () => undefined)
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\napikey: ${key.value}\r\n\r\n`)
  return socket
}

const REPLIES = ['/rest/v1/notes', '/docs/viewer.js'] as const
const pathOf = (reply: string) => (reply.startsWith('/rest') ? `/db/${key.databaseId}${reply}` : reply)

test.each(REPLIES)(
  '%s ends for a client that reads nothing, and so does the stream of the data proxy',
  async (reply) => {
    const part = reply.startsWith('/rest') ? gateway.proxy : gateway.control
    const before = part.counts.ended
    const socket = ask(pathOf(reply))
    await expect.poll(() => part.counts.ended, { timeout: 20_000 }).toBe(before + 1)
    const left = new Promise<number>((resolve) => {
      let bytes = 0
      socket.on('data', (chunk) => {
        bytes += chunk.byteLength
      })
      socket.on('close', () => resolve(bytes))
    })
    socket.resume()
    expect(await left).toBeLessThan(9_600_000)
  },
)

test.each(REPLIES)('%s arrives whole at a client that reads slowly', async (reply) => {
  const socket = ask(pathOf(reply))
  socket.resume()
  let bytes = 0
  let head = ''
  const whole = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      if (head === '') head = String(chunk).split('\r\n\r\n')[0] ?? ''
      bytes += chunk.byteLength
      if (bytes >= 9_600_000) resolve()
      socket.pause()
      setTimeout(() => socket.resume(), 2)
    })
  })
  await whole
  expect(head).toMatch(/content-length: 96000/i)
  socket.destroy()
})

test('a large reply has the bytes of the data proxy', async () => {
  const reply = await fetch(`${key.base}/notes`, { headers: { apikey: key.value } })
  expect([reply.status, (await reply.text()) === LARGE]).toEqual([200, true])
})

test('a client that leaves ends the stream of the data proxy', async () => {
  const before = gateway.proxy.counts.ended
  const socket = ask(pathOf('/rest/v1/notes'))
  socket.once('data', () => socket.destroy())
  socket.resume()
  await expect.poll(() => gateway.proxy.counts.ended, { timeout: 20_000 }).toBe(before + 1)
})

test('a client with too many bytes to read gets no reply until it has read them, and other clients do', async () => {
  const patient = await startTestGateway({ trustedProxies: '127.0.0.1' })
  const own = await patient.addKey()
  patient.proxy.body = LARGE
  const { hostname, port, pathname } = new URL(`${own.base}/notes`)
  const sockets: Socket[] = []
  const hold = (address: string) => {
    const socket = connect(Number(port), hostname)
    socket.pause()
    socket.on('error', () => undefined)
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nhost: a\r\napikey: ${own.value}\r\nx-forwarded-for: ${address}\r\n\r\n`,
    )
    sockets.push(socket)
  }
  const get = (address: string) =>
    fetch(`${own.base}/notes`, { headers: { apikey: own.value, 'x-forwarded-for': address } })
  try {
    // Each reply is 9.6 MB, of which the kernel takes some.
    let refused: Response | null = null
    for (let held = 0; refused === null && held < 60; held++) {
      hold('192.0.2.1')
      await expect.poll(() => patient.proxy.batches.length, { timeout: 20_000 }).toBeGreaterThan(held)
      const reply = await get('192.0.2.1')
      if (reply.status === 429) refused = reply
      await reply.arrayBuffer()
    }
    expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([429, '1'])
    const other = await get('192.0.2.2')
    expect([other.status, (await other.text()).length]).toEqual([200, LARGE.length])
    for (const socket of sockets) socket.destroy()
    await expect.poll(async () => (await get('192.0.2.1')).status, { timeout: 20_000 }).toBe(200)
  } finally {
    for (const socket of sockets) socket.destroy()
    await patient.stop()
  }
})
