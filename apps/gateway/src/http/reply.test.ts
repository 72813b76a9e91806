/** The headers and bodies of responses of the data plane. */
import { expect, test } from 'vitest'
import { codeOf, toHttpResponse } from './reply.ts'

const context = {
  requestId: 'req_1',
  allowedOrigin: null,
  isPersonal: false,
  delivery: { idleMs: 1_000, begin: () => () => {}, waitUntil: () => {} },
}

test.each([204, 205, 304])(
  'a function that sets status %i is answered with it, without a body',
  async (status) => {
    const reply = toHttpResponse({ status, headers: [], body: '"done"', encoding: 'text' }, context)
    expect([reply.status, await reply.text()]).toEqual([status, ''])
  },
)

test('any other status keeps its body', async () => {
  const reply = toHttpResponse({ status: 202, headers: [], body: '"done"', encoding: 'text' }, context)
  expect([reply.status, await reply.text()]).toEqual([202, '"done"'])
})

test.each([
  [200, true, null, 'private, no-store'],
  [200, true, 'public, max-age=60', 'private, no-store'],
  [400, false, 'public', 'private, no-store'],
  [200, false, null, 'private, no-cache'],
  [200, false, 'public', 'private, no-cache'],
  [200, false, 'max-age=60', 'private, max-age=60'],
  [200, false, 'Public, max-age=60, S-MaxAge=900, private="x"', 'private, max-age=60'],
  [200, false, 'no-store', 'private, no-store'],
])('a reply %i, personal: %s, with Cache-Control %s from SQL, is kept by no shared cache', (...row) => {
  const [status, isPersonal, said, expected] = row
  const headers: [string, string][] = said === null ? [] : [['Cache-Control', said]]
  const reply = toHttpResponse({ status, headers, body: '[]', encoding: 'text' }, { ...context, isPersonal })
  expect(reply.headers.get('cache-control')).toBe(expected)
  expect(reply.headers.get('vary')).toBe('Accept, Prefer, Range, Origin, apikey, Authorization')
})

test('the code of an error is read from its reply', () => {
  const reply = (status: number) =>
    codeOf({ status, headers: [['Proxy-Status', 'PostgREST; error=PGRST116']] })
  expect([reply(406), reply(200), codeOf({ status: 500, headers: [] })]).toEqual(['PGRST116', '', ''])
})
