/** Requests over HTTP that do not come in whole. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ requestTimeoutMs: 300 })
})
afterAll(() => stack?.close())

/** What is answered until the connection ends. */
function send(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(stack.httpPort, '127.0.0.1')
    let said = ''
    socket.on('data', (chunk) => {
      said += String(chunk)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(said))
    socket.write(text)
  })
}

const headOf = async () =>
  [
    'POST /sql HTTP/1.1',
    'host: a',
    `neon-connection-string: ${stack.connectionString({ role: 'authenticator', password: await stack.credential() })}`,
    '',
  ].join('\r\n')

test.each([
  ['a body that is silent', 'content-length: 90\r\n\r\n'],
  ['a body that stops', 'content-length: 90\r\n\r\n{"query":'],
  ['a body that stalls between chunks', 'transfer-encoding: chunked\r\n\r\n1\r\n{\r\n'],
])('%s is answered with 408, and its connection ends', async (_, rest) => {
  expect(await send((await headOf()) + rest)).toMatch(/^HTTP\/1\.1 408 /)
})

test('a statement may take longer than its request took', async () => {
  const body = '{"query":"select pg_sleep(0.8), 7 as n","params":[]}'
  const rest = `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`
  expect(await send((await headOf()) + rest)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"n":/)
})
