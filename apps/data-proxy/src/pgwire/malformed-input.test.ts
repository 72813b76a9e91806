/** Clients of the wire protocol that send malformed input, before and after they have logged in. */
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startup } from '@db9/postgres/frontend'
import { cstring, int32, message } from '@db9/postgres/messages'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  const unlimited = { burst: 1e6, perHour: 1, underWay: 1e6 }
  stack = await startStack({
    handshakeLimitMs: 1_000,
    loginLimits: { perAddress: unlimited, perDatabase: unlimited },
  })
})
afterAll(() => stack.close())

function open(): Socket {
  return connect(stack.pgPort, '127.0.0.1')
    .on('error', () => {})
    .resume()
}

async function expectToServe(): Promise<void> {
  const client = new pg.Client({ connectionString: stack.connectionString() })
  await client.connect()
  expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await client.end()
  expect(stack.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([])
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''))
const user = fc.oneof(
  text,
  fc.constant('').map(() => `${stack.id}.admin`),
)
const firstPacket = fc.oneof(
  bytes,
  bytes.map((body) => message('', body)),
  fc
    .constantFrom(80_877_102, 80_877_103, 80_877_104, 131_072, 196_610)
    .map((code) => message('', int32(code))),
  fc
    .tuple(user, fc.constantFrom('database', 'options', 'replication', '_pq_.odd', '__proto__'), text)
    .map(([name, key, value]) => startup({ user: name, [key]: value })),
)
const saslMessage = fc.oneof(
  bytes,
  bytes.map((body) => message('p', body)),
  fc
    .tuple(fc.constantFrom('SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', ''), text, fc.integer())
    .map(([mechanism, data, length]) => message('p', cstring(mechanism), int32(length), `n,,n=,r=${data}`)),
  text.map((data) => message('p', `c=biws,r=${data},p=${Buffer.alloc(32).toString('base64')}`)),
  fc.constantFrom('Q', 'X', 'S', 'd', 'f').map((type) => message(type, cstring('select 1'))),
)

test('serves others, and logs no fault of its own, for any bytes that come before a login', async () => {
  await fc.assert(
    fc.asyncProperty(
      firstPacket,
      fc.array(saslMessage, { maxLength: 3 }),
      fc.nat(20),
      async (first, rest, cut) => {
        const client = open()
        const all = Buffer.concat([first, ...rest])
        client.write(all.subarray(0, cut))
        await sleep(1)
        client.end(all.subarray(cut))
        await Promise.race([once(client, 'close'), sleep(30)])
        client.destroy()
      },
    ),
    { numRuns: 150 },
  )
  await expectToServe()
})

test('hundreds that connect and say nothing keep nobody out, and are gone soon', async () => {
  const silent = Array.from({ length: 500 }, open)
  const closed = Promise.all(silent.map((client) => once(client, 'close')))
  await Promise.all(silent.map((client) => once(client, 'connect')))
  await expectToServe()
  await closed
})

test('a client that sends no protocol after its login loses its own session alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (chunks) => {
      const client = new pg.Client({ connectionString: stack.connectionString() })
      client.on('error', () => {})
      await client.connect()
      const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
      for (const chunk of chunks) stream.write(chunk)
      stream.end()
      await Promise.race([once(stream, 'close'), sleep(50)])
      stream.destroy()
    }),
    { numRuns: 40 },
  )
  await expectToServe()
})

test('a client that is refused and leaves unread bytes behind takes no connection for longer', async () => {
  const capped = await startStack({ connectionCaps: { perAddress: 3, pendingPerAddress: 3, total: 30 } })
  try {
    const unsupported = Buffer.concat([message('', int32(0)), Buffer.alloc(100_000)])
    for (let round = 0; round < 5; round++) {
      const client = connect(capped.pgPort, '127.0.0.1').on('error', () => {})
      await once(client, 'connect')
      client.write(unsupported)
      // One goes at once, the other stays and reads nothing more.
      if (round % 2 === 0) client.destroy()
    }
    const login = async () => {
      const client = new pg.Client({ connectionString: capped.connectionString() })
      client.on('error', () => {})
      await client.connect()
      await client.end()
      return 'in'
    }
    await expect.poll(() => login().catch((error: Error) => error.message)).toBe('in')
  } finally {
    await capped.close()
  }
})

test('a client whose session was ended and that sends on before it leaves takes no connection for longer', async () => {
  const capped = await startStack({ connectionCaps: { perAddress: 2, pendingPerAddress: 2, total: 2 } })
  const login = async (options: pg.ClientConfig = {}) => {
    const client = new pg.Client({ connectionString: capped.connectionString(), ...options })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  try {
    const owner = await login()
    for (let round = 0; round < 5; round++) {
      const socket = new Socket({ allowHalfOpen: true })
      const client = await login({ stream: () => socket })
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const ended = once(socket, 'end')
      await owner.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await ended
      socket.write(message('Q', cstring('select 1')))
      socket.write(message('X'))
      await sleep(20)
      socket.destroy()
      // Else the next login would be one too many.
      await expect
        .poll(() =>
          login().then(
            (next) => next.end(),
            (error: Error) => error.message,
          ),
        )
        .toBe(undefined)
    }
    await owner.end()
  } finally {
    await capped.close()
  }
})
