import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalStack, startLocal } from '@db9/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareTodo } from './prepare.ts'

const ORIGIN = 'http://127.0.0.1:5173'
let home = ''
let stack: LocalStack

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'db9-todo-prepare-'))
  // Open to the servers' own user, or the data would lie in the system's folders and stay there.
  await chmod(home, 0o755)
  stack = await startLocal({ home, port: 0, pgPort: 0, allowLocalJwks: true })
}, 60_000)
afterAll(async () => {
  await stack.stop()
  await rm(home, { recursive: true, force: true })
})

test('prepared again, the database and its rows stay, and the key of before is worth nothing', async () => {
  const identity = { issuer: ORIGIN, jwksUrl: `${ORIGIN}/jwks.json`, audience: 'browser-todo' }
  const prepare = () =>
    prepareTodo({ gatewayUrl: stack.url, token: stack.ownerToken, allowedOrigins: [ORIGIN], identity })
  const read = (databaseId: string, key: string) =>
    fetch(`${stack.url}/db/${databaseId}/rest/v1/todos?select=id,title`, {
      headers: { apikey: key, origin: ORIGIN },
    })

  const first = await prepare()
  const before = await (await read(first.databaseId, first.key)).json()
  expect(before).toHaveLength(3)
  const second = await prepare()
  expect(second.databaseId).toBe(first.databaseId)
  expect(await (await read(second.databaseId, second.key)).json()).toEqual(before)
  // Isolates hold a key's configuration for at most a second.
  await expect
    .poll(async () => (await read(first.databaseId, first.key)).status, { timeout: 1200, interval: 50 })
    .toBe(401)
})

test('a token that is not valid prepares nothing and says so', async () => {
  const identity = { issuer: ORIGIN, jwksUrl: `${ORIGIN}/jwks.json`, audience: 'browser-todo' }
  const prepared = prepareTodo({ gatewayUrl: stack.url, token: 'wrong', allowedOrigins: [ORIGIN], identity })
  await expect(prepared).rejects.toMatchObject({ status: 401, message: expect.stringContaining('401') })
})
