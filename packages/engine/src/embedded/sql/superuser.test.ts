/** Sessions of the superuser with a server that is not Postgres any more: whatever it does, the service goes on. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { asSuperuser, type SuperuserOptions } from './superuser.ts'

let folder: string
let server: Server | undefined
const sockets = new Set<Socket>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db9-su-'))
})
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  server?.close()
  rmSync(folder, { recursive: true, force: true })
})

const message = (type: string, body: Buffer) => {
  const header = Buffer.alloc(5)
  header.write(type, 'latin1')
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}
const LET_IN = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))])

/** Lets everybody in, and does as it is told once it is asked something. */
async function listen(onQuestion: (socket: Socket) => void): Promise<void> {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(LET_IN)
      socket.once('data', () => onQuestion(socket))
    })
  })
  await new Promise<void>((resolve) => server?.listen(join(folder, '.s.PGSQL.5432'), resolve))
}

const ask = ({ of, ...options }: SuperuserOptions & { of?: AbortSignal } = {}) =>
  asSuperuser(
    { socketFolder: folder, logins: { password: () => 'secret' }, ...(of && { signal: of }) },
    'template1',
    (client) => client.query('select 1'),
    options,
  )

/** A server that reads what it is asked and never answers; `asked` resolves once it was asked, `left` once its client has gone. */
async function listenInSilence() {
  const asked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  await listen((socket) => {
    asked.resolve()
    socket.on('close', () => left.resolve())
    socket.resume()
  })
  return { asked: asked.promise, left: left.promise }
}

test('a server that answers without end is given up', async () => {
  const row = message('D', Buffer.concat([Buffer.from([0, 1, 0, 1, 0, 0]), Buffer.alloc(65_536, 120)]))
  await listen((socket) => {
    const flood = () => {
      while (!socket.destroyed && socket.write(row)) {}
    }
    socket.on('drain', flood)
    flood()
  })
  const before = process.memoryUsage().rss
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' })
  expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20)
})

test.each([
  ['a row of less than no fields', message('D', Buffer.from([0xff, 0xff]))],
  ['a row that is cut short', message('D', Buffer.from([0, 9, 0, 0]))],
  ['an authentication that there is not', message('R', Buffer.from([0, 0, 0, 99]))],
  ['a description that is cut short', message('T', Buffer.from([0, 9]))],
])('a server that answers with %s is an error of that session alone', async (_, answer) => {
  await listen((socket) => socket.write(answer))
  await expect(ask()).rejects.toThrow()
})

test('a server that ends the connection in the midst of an answer is an error', async () => {
  await listen((socket) => socket.destroy())
  await expect(ask()).rejects.toMatchObject({ code: 'unavailable' })
})

test('a server that does not close its side is not waited for', async () => {
  await listen((socket) => {
    socket.write(Buffer.concat([message('C', Buffer.from('SELECT 1\0')), message('Z', Buffer.from('I'))]))
    socket.pause()
  })
  const since = Date.now()
  await ask()
  expect(Date.now() - since).toBeLessThan(10_000)
})

test('a statement that is not answered within its limit is given up, and its session ends', async () => {
  const { left } = await listenInSilence()
  await expect(ask({ limitMs: 100 })).rejects.toMatchObject({ code: 'unavailable' })
  await left
})

test.each(['session', 'server'] as const)('a session ends at once by the signal of its %s', async (whose) => {
  const { asked, left } = await listenInSilence()
  const abort = new AbortController()
  const asking = ask(whose === 'session' ? { signal: abort.signal } : { of: abort.signal })
  await asked
  abort.abort()
  await expect(asking).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('called off'),
  })
  await left
})

test('a session that is being opened ends by its signal, and none is opened after it', async () => {
  const connected = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  let sessions = 0
  server = createServer((socket) => {
    sessions++
    sockets.add(socket)
    socket.on('close', () => left.resolve())
    socket.resume()
    connected.resolve()
  })
  await new Promise<void>((resolve) => server?.listen(join(folder, '.s.PGSQL.5432'), resolve))
  const abort = new AbortController()
  const asking = ask({ signal: abort.signal })
  await connected.promise
  abort.abort()
  await expect(asking).rejects.toMatchObject({ code: 'unavailable' })
  await left.promise
  await expect(ask({ signal: abort.signal })).rejects.toMatchObject({ code: 'unavailable' })
  expect(sessions).toBe(1)
})
