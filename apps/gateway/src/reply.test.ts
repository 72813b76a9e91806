import { expect, test } from 'vitest'
import { toHttpResponse } from './reply.ts'

const context = { requestId: 'req_1', allowedOrigin: null, isPersonal: false }

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
