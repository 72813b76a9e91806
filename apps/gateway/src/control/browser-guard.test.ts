/** Which browsers' requests the REST API accepts. */
import { expect, test } from 'vitest'
import { guardBrowser } from './browser-guard.ts'

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])
const judge = (hostname: string, headers: Record<string, string>, hosts: Set<string> | null = LOCAL) =>
  guardBrowser({ hostname, headers: new Headers(headers) }, hosts)

test.each([
  ['localhost', {}],
  ['127.0.0.1', {}],
  ['[::1]', {}],
  ['db9.localhost', {}],
  ['localhost', { origin: 'http://localhost:9009' }],
  ['localhost', { 'sec-fetch-site': 'none' }],
  ['localhost', { origin: 'http://localhost:9009', 'sec-fetch-site': 'same-origin' }],
])('%s with %o may call the REST API', (hostname, headers) => {
  expect(judge(hostname, headers)).toBe('admitted')
})

test.each([
  ['rebound.example', {}],
  ['rebound.example', { origin: 'http://rebound.example:9009', 'sec-fetch-site': 'same-origin' }],
  ['localhost.example', {}],
])('%s with %o is a foreign host', (hostname, headers) => {
  expect(judge(hostname, headers)).toBe('foreign_host')
})

test.each([
  [{ origin: 'https://example.com' }],
  [{ origin: 'null' }],
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
])('a page with %o is foreign', (headers) => {
  expect(judge('localhost', headers)).toBe('foreign_page')
})

test('a public gateway accepts any host, and still no foreign pages', () => {
  expect(judge('api.example', {}, null)).toBe('admitted')
  expect(judge('api.example', { origin: 'https://example.com' }, null)).toBe('foreign_page')
})
