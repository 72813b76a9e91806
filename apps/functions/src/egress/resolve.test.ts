/** Looking up names at a name server of the test. */
import { createSocket, type Socket } from 'node:dgram'
import { stat } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { resolveAll } from './resolve.ts'

const TYPE_A = 1
let server: Socket
afterEach(() => {
  server.close()
})

/** Answers as `answer` says; where that is null, never. */
async function startNameServer(answer: ((query: Buffer) => Buffer) | null): Promise<string> {
  server = createSocket('udp4')
  server.on('message', (query, { port }) => {
    if (answer) server.send(answer(query), port, '127.0.0.1')
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  return `127.0.0.1:${server.address().port}`
}

/** Of RFC 1035 section 4.1: the question as it was, with one address for type A, none for others. */
function addressFor(query: Buffer): Buffer {
  const endOfName = query.indexOf(0, 12)
  const question = query.subarray(12, endOfName + 5)
  const isA = query.readUInt16BE(endOfName + 1) === TYPE_A
  const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0])
  query.copy(header, 0, 0, 2)
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100, 7])
  return Buffer.concat(isA ? [header, question, record] : [header, question])
}

test('gives the addresses that the name server has', async () => {
  const servers = [await startNameServer(addressFor)]
  expect(await resolveAll('api.example.com', { servers })).toEqual([{ address: '198.51.100.7', family: 4 }])
})

test('gives up on a name server that does not answer', async () => {
  const servers = [await startNameServer(null)]
  await expect(resolveAll('api.example.com', { servers, limitMs: 50 })).rejects.toThrow()
})

test('keeps no thread while it waits', async () => {
  const servers = [await startNameServer(null)]
  const lookups = Array.from({ length: 16 }, () =>
    resolveAll('slow.example.com', { servers, limitMs: 1_000 }),
  )
  const ended = Promise.allSettled(lookups).then(() => 'lookups')
  expect(await Promise.race([ended, stat('/').then(() => 'file')])).toBe('file')
  await ended
})
