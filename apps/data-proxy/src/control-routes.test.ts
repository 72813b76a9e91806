import { SIGNATURE_HEADER, signRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS } from '@db9/types/internal'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postText } from './testing/http.ts'
import { INTERNAL_SECRET, type Stack, startStack } from './testing/stack.ts'

let stack: Stack
/** How often the verifier of a role was asked for. */
let lookups = 0
beforeAll(async () => {
  stack = await startStack({
    control: (inner) => ({
      ...inner,
      verifier: (...asked) => {
        lookups++
        return inner.verifier(...asked)
      },
    }),
  })
})
afterAll(() => stack?.close())

const path = () => INTERNAL_PATHS.forget(stack.id)
const sign = async (body: string, secret = INTERNAL_SECRET) => ({
  [SIGNATURE_HEADER]: await signRequest({ method: 'POST', path: path(), body }, await hmacKey(secret)),
})
const forget = (body: string, headers: Record<string, string>) =>
  postText({ port: stack.httpPort, path: path(), headers, body })
const login = async () => {
  const headers = { 'neon-connection-string': stack.connectionString() }
  const body = '{"query":"select 1","params":[]}'
  return (await postText({ port: stack.httpPort, path: '/sql', headers, body })).status
}

test('a signed forget has a password checked anew; any other is refused and forgets nothing', async () => {
  const body = '{"what":"passwords"}'
  expect([await login(), await login()]).toEqual([200, 200])
  expect(lookups).toBe(1)
  const wrong = [
    {},
    await sign(body, 'another secret of 32 characters!'),
    { ...(await sign(body)), origin: 'http://localhost' },
    await sign('{"what":"gone"}'),
  ]
  for (const headers of wrong) {
    expect((await forget(body, headers)).status).toBe(403)
    expect(await login()).toBe(200)
  }
  expect(lookups).toBe(1)
  const once = await sign(body)
  expect(await forget(body, once)).toMatchObject({ status: 200, body: '{"backends":[]}' })
  expect(await login()).toBe(200)
  expect(lookups).toBe(2)
  expect((await forget(body, once)).status).toBe(403)
})

test('a forget of a database that is gone ends its sessions', async () => {
  const client = new pg.Client({ connectionString: stack.connectionString() })
  const ended = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  expect((await forget('{"what":"gone"}', await sign('{"what":"gone"}'))).status).toBe(200)
  await ended
})

test.each(['{"what":"all"}', '{}', 'null', 'gone'])('a forget with the body %s is refused', async (body) => {
  expect((await forget(body, await sign(body))).status).toBe(400)
})
