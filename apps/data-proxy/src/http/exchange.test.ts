/** Replies that their client does not read. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange, type HttpDeps } from './exchange.ts'

/** More than the kernel keeps for a connection. */
const BODY = 'x'.repeat(64 * 1024 * 1024)

let server: Server
beforeAll(async () => {
  const deps = { log: pino({ level: 'silent' }), replyIdleMs: 400 } as unknown as HttpDeps
  const route = { answer: async () => ({ status: 200, body: BODY }), headers: {} }
  server = createServer((request, response) => void exchange(request, response, deps, route))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server?.closeAllConnections()
  server?.close()
})

function ask(): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.pause()
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  return socket
}

const connections = () =>
  new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

test('a reply of which a client takes nothing is ended', async () => {
  const socket = ask()
  await expect.poll(connections, { timeout: 20_000 }).toBe(1)
  await expect.poll(connections, { timeout: 20_000 }).toBe(0)
  const bytes = new Promise<number>((resolve) => {
    let sum = 0
    socket.on('data', (chunk) => {
      sum += chunk.byteLength
    })
    socket.on('close', () => resolve(sum))
  })
  socket.resume()
  expect(await bytes).toBeLessThan(BODY.length)
})

test('a client that reads slowly gets all of it', async () => {
  const socket = ask()
  const startedAt = Date.now()
  let sum = 0
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      sum += chunk.byteLength
      if (sum >= BODY.length) return resolve()
      // Longer in all than a client may take nothing.
      if (sum % (8 * 1024 * 1024) > chunk.byteLength) return
      socket.pause()
      setTimeout(() => socket.resume(), 100)
    })
    socket.resume()
  })
  expect([sum > BODY.length, Date.now() - startedAt > 400]).toEqual([true, true])
  socket.destroy()
})
