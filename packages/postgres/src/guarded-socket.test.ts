/** Tests of a socket whose server may send anything. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GuardedSocket, type GuardedSocketOptions } from './guarded-socket.ts'

let server: Server
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('x'.repeat(1_000))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

async function endOf(options: GuardedSocketOptions, reader: (chunk: Buffer) => void): Promise<Error> {
  const socket = new GuardedSocket(options)
  socket.on('data', reader)
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [error] = await once(socket, 'error').catch((failure: Error) => [failure])
  return error
}

test('a reader that throws ends its own socket with the error', async () => {
  const error = await endOf({}, () => {
    throw new RangeError('malformed')
  })
  expect(error).toMatchObject({ name: 'RangeError', message: 'malformed' })
})

test('more bytes than may arrive end it before they are read', async () => {
  let read = 0
  const error = await endOf({ mostBytes: 100 }, ({ length }) => {
    read += length
  })
  expect([error.message, read]).toEqual(['the server answers without end', 0])
})
