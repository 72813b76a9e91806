/** What the server of the control API gives a client that talks to it without the gateway. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HttpServer, serveHttp } from './serve-http.ts'

let server: HttpServer
beforeAll(async () => {
  server = await serveHttp(
    async (request) => new Response(await request.text()),
    { host: '127.0.0.1', port: 0 },
    300,
  )
})
afterAll(() => server?.close())

function send(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1')
    let said = ''
    socket.on('data', (chunk) => {
      said += String(chunk)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(said))
    socket.write(text)
  })
}

const HEAD = 'POST /x HTTP/1.1\r\nhost: a\r\n'

test.each([
  ['a body that is silent', `${HEAD}content-length: 9\r\n\r\n`],
  ['a body that stops', `${HEAD}content-length: 9\r\n\r\n{`],
  ['a body that stalls between chunks', `${HEAD}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`],
  ['headers that do not end', HEAD],
])('answers %s with 408 and ends the connection', async (_, text) => {
  expect(await send(text)).toMatch(/^HTTP\/1\.1 408 /)
})

test('serves a request that comes in time', async () => {
  const said = await send(`${HEAD}content-length: 2\r\nconnection: close\r\n\r\nok`)
  expect(said).toMatch(/^HTTP\/1\.1 200 [\s\S]*ok$/)
})
