import { expect, test } from 'vitest'
import { codeOf, toHttpResponse } from './reply.ts'

const context = { requestId: 'req_1', allowedOrigin: null, isPersonal: false, idleMs: 1_000 }

test.each([204, 205, 304])(
  'a function that asks for status %i is answered with it, without a body',
  async (status) => {
    const reply = toHttpResponse({ status, headers: [], body: '"done"', encoding: 'text' }, context)
    expect([reply.status, await reply.text()]).toEqual([status, ''])
  },
)

test('any other status keeps its body', async () => {
  const reply = toHttpResponse({ status: 202, headers: [], body: '"done"', encoding: 'text' }, context)
  expect([reply.status, await reply.text()]).toEqual([202, '"done"'])
})

test("what is one person's is kept by nobody, whatever SQL says; what is anyone's is kept as SQL says", () => {
  const cacheControl = (status: number, isPersonal: boolean) => {
    const headers: [string, string][] = [['Cache-Control', 'public']]
    const reply = { status, headers, body: '[]', encoding: 'text' } as const
    return toHttpResponse(reply, { ...context, isPersonal }).headers.get('cache-control')
  }
  expect([cacheControl(200, true), cacheControl(400, false)]).toEqual(Array(2).fill('private, no-store'))
  expect(cacheControl(200, false)).toBe('public')
})

test('the code of an error is read from its reply', () => {
  const reply = (status: number) =>
    codeOf({ status, headers: [['Proxy-Status', 'PostgREST; error=PGRST116']] })
  expect([reply(406), reply(200), codeOf({ status: 500, headers: [] })]).toEqual(['PGRST116', '', ''])
})
