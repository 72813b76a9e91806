/** Logins over the wire protocol that are begun and never ended. */
import { connect, type Socket } from 'node:net'
import { readError } from '@db9/postgres/backend'
import { startup } from '@db9/postgres/frontend'
import { cstring, int32, MessageReader, message } from '@db9/postgres/messages'
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../testing/stack.ts'

const UNDER_WAY = 8
const BURST = 10
const HANDSHAKE_LIMIT_MS = 60_000

let stack: Stack
beforeAll(async () => {
  stack = await startStack({
    handshakeLimitMs: HANDSHAKE_LIMIT_MS,
    loginLimits: {
      perAddress: { burst: BURST, perHour: 1, underWay: UNDER_WAY },
      perDatabase: { burst: 100, perHour: 1, underWay: 100 },
    },
  })
})
afterAll(() => stack.close())

interface Begun {
  socket: Socket
  /** `challenged`, or the SQLSTATE of the refusal. */
  answer: string
}

/** Begins a login of a local address, and does not go on. */
function begin(localAddress: string, user: string): Promise<Begun> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: stack.pgPort, host: '127.0.0.1', localAddress })
    const reader = new MessageReader(64 * 1024)
    socket.on('error', reject).on('data', (chunk) => {
      for (const { type, body } of reader.push(chunk))
        resolve({ socket, answer: type === 'E' ? (readError(body).C ?? '') : 'challenged' })
    })
    socket.write(startup({ user }))
  })
}

/** Begins logins until one is refused; gives how many were not, and why that one was. */
async function untilRefused(beginNext: () => Promise<Begun>): Promise<{ begun: Socket[]; code: string }> {
  const begun: Socket[] = []
  for (;;) {
    const { socket, answer } = await beginNext()
    if (answer !== 'challenged') return { begun, code: answer }
    begun.push(socket)
    if (begun.length > 200) throw new Error('no login was refused')
  }
}

let roles = 0
const madeUp = (of: string) => `${of}.made_up_${++roles}`

async function expectOwnerServed(): Promise<void> {
  const client = new pg.Client(stack.connectionString())
  await client.connect()
  expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await client.end()
}

test.each<[string, string, () => string]>([
  ['as made-up roles', '127.0.0.11', () => stack.id],
  ['to databases that there are not', '127.0.0.12', () => newId('database')],
])(
  'logins %s that stay open are refused beyond what an address may have under way',
  async (_, address, of) => {
    const { begun, code } = await untilRefused(() => begin(address, madeUp(of())))
    expect([begun.length, code]).toEqual([UNDER_WAY, '53300'])
    await expectOwnerServed()
    // They count as failed once their clients have left, and their places are free again.
    for (const socket of begun) socket.destroy()
    const ofRest: string[] = []
    await expect
      .poll(async () => {
        const { socket, answer } = await begin(address, madeUp(of()))
        socket.destroy()
        ofRest.push(answer)
        return answer
      })
      .toBe('28000')
    expect(ofRest.filter((answer) => answer === 'challenged').length).toBeLessThanOrEqual(BURST - UNDER_WAY)
    await expectOwnerServed()
  },
)

test.each<[string, string, (socket: Socket) => unknown]>([
  ['leaves at the challenge', '127.0.0.13', (socket) => socket.destroy()],
  ['sends what is no proof', '127.0.0.14', (socket) => socket.write(message('Q', cstring('select 1')))],
  [
    'sends another mechanism',
    '127.0.0.15',
    (socket) => socket.write(message('p', cstring('PLAIN'), int32(1), 'x')),
  ],
])('a login whose client %s counts as failed', async (_, address, leave) => {
  const { begun, code } = await untilRefused(async () => {
    const next = await begin(address, madeUp(stack.id))
    const closed = new Promise((resolve) => next.socket.once('close', resolve))
    leave(next.socket)
    await closed
    return next
  })
  // Those that the proxy has not seen the end of when the next one begins are not counted yet.
  expect(begun.length).toBeGreaterThanOrEqual(BURST)
  expect(begun.length).toBeLessThanOrEqual(BURST + UNDER_WAY)
  expect(code).toBe('28000')
  await expectOwnerServed()
})

test('logins that succeed count as none, however many there are', async () => {
  for (let i = 0; i < BURST + 2; i++) await expectOwnerServed()
})
