/** Tests of the caps of open connections, on real sockets. */
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { readError } from '@db9/postgres/backend'
import { MessageReader } from '@db9/postgres/messages'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OpenConnections } from './connection-caps.ts'

let connections: OpenConnections
let server: Server
let port: number
const clients: Socket[] = []
beforeEach(async () => {
  connections = new OpenConnections({ perAddress: 12, pendingPerAddress: 10, total: 24 })
  server = createServer((client) => {
    if (!connections.admit(client)) return
    client.write('in')
    // As a login does.
    client.once('data', () => {
      connections.loggedIn(client)
      client.write('logged in')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  server.close()
  await once(server, 'close')
})

/** `in`, or the message of the refusal. */
async function connect(localAddress: string): Promise<string> {
  const client = createConnection({ host: '127.0.0.1', port, localAddress })
  clients.push(client)
  const [data] = (await once(client, 'data')) as [Buffer]
  if (data.toString() === 'in') return 'in'
  const [message] = new MessageReader(65_536).push(data)
  const { C: code, M: text } = readError(message?.body ?? Buffer.alloc(0))
  return `${code} ${text}`
}

const connectOften = async (count: number, address: string) => {
  const answers: string[] = []
  for (let index = 0; index < count; index++) answers.push(await connect(address))
  return answers
}

async function logIn(): Promise<void> {
  const client = clients.at(-1) as Socket
  client.write('password')
  await once(client, 'data')
}

const FROM_ADDRESS = '53300 too many connections from your address; close some and try again'

describe.runIf(process.platform === 'linux')('of several addresses', () => {
  test('refuses an address at its cap with 53300, and no other address', async () => {
    for (let index = 0; index < 12; index++) {
      expect(await connect('127.0.0.2')).toBe('in')
      await logIn()
    }
    expect(await connect('127.0.0.2')).toBe(FROM_ADDRESS)
    expect(await connect('127.0.0.3')).toBe('in')
  })

  test('refuses an address with too many logins under way, until one has ended', async () => {
    await connectOften(9, '127.0.0.2')
    expect(await connect('127.0.0.2')).toBe('in')
    expect(await connect('127.0.0.2')).toBe(
      '53300 too many logins under way from your address; close some and try again',
    )
    clients.pop()
    await logIn()
    expect(await connect('127.0.0.2')).toBe('in')
  })

  test('an address may have fewer while others have many, and one with few is served', async () => {
    await connectOften(10, '127.0.0.2')
    // 24 - 10 - 8 leave 6, so that 8 are the most.
    expect((await connectOften(9, '127.0.0.3')).at(-1)).toBe(FROM_ADDRESS)
    expect(await connect('127.0.0.4')).toBe('in')
  })

  test('refuses everybody at the total', async () => {
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) await connectOften(8, address)
    expect(await connect('127.0.0.5')).toBe(
      '53300 too many connections to this server; close some and try again',
    )
  })
})

test('admits an address again when one of its connections has ended', async () => {
  await connectOften(10, '127.0.0.1')
  expect(await connect('127.0.0.1')).toContain('53300')
  for (const client of clients.splice(0)) client.destroy()
  await expect.poll(() => connect('127.0.0.1')).toBe('in')
})
