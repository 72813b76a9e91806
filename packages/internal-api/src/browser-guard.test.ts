import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { isFromBrowser } from './browser-guard.ts'

test.each([
  ['origin', true],
  ['sec-fetch-site', true],
  ['sec-fetch-dest', true],
  ['sec-fetch-user', true],
  ['sec-fetch-mode', false],
  ['user-agent', false],
])('judges a request with the header %s', (name, isBrowser) => {
  const headers = new Headers({ [name]: 'x' })
  expect(isFromBrowser((header) => headers.has(header))).toBe(isBrowser)
})

test("lets through what this runtime's own fetch sends", async () => {
  const judged = Promise.withResolvers<boolean>()
  const server = createServer((request, response) => {
    judged.resolve(isFromBrowser((header) => header in request.headers))
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{}' })
  expect(await judged.promise).toBe(false)
  server.close()
})
