/** Tests of the caps of open connections, on real sockets. */
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readError } from '../wire/backend.ts'
import { MessageReader } from '../wire/messages.ts'
import { OpenConnections } from './connection-caps.ts'

let server: Server
let port: number
const clients: Socket[] = []
beforeEach(async () => {
  const connections = new OpenConnections({ perAddress: 3, total: 5 })
  server = createServer((client) => {
    if (connections.admit(client)) client.write('in')
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

test.runIf(process.platform === 'linux')(
  'refuses an address at its cap with 53300, and no other address',
  async () => {
    expect(await connectOften(4, '127.0.0.2')).toEqual([
      'in',
      'in',
      'in',
      '53300 too many connections from your address; close some and try again',
    ])
    expect(await connect('127.0.0.3')).toBe('in')
  },
)

test.runIf(process.platform === 'linux')('refuses everybody at the total', async () => {
  await connectOften(3, '127.0.0.2')
  expect(await connectOften(3, '127.0.0.3')).toEqual([
    'in',
    'in',
    '53300 too many connections to this server; close some and try again',
  ])
})

test('admits an address again when one of its connections has ended', async () => {
  await connectOften(3, '127.0.0.1')
  expect(await connect('127.0.0.1')).toContain('53300')
  for (const client of clients.splice(0)) client.destroy()
  await expect.poll(() => connect('127.0.0.1')).toBe('in')
})
