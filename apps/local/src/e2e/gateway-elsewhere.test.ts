import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSecrets } from '@db9/control-api/start'
import { untilHealthy } from '@db9/gateway/launch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { freePort, type OwnGateway, startOwnGateway } from '../testing/own-gateway.ts'
import { call, startTestStack, type TestStack } from '../testing/stack.ts'

let stack: TestStack
let folder: string
let gateway: OwnGateway

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'db9-elsewhere-'))
  const port = await freePort()
  stack = await startTestStack({ gatewayUrl: `http://127.0.0.1:${port}`, controlPort: 0, sqlPort: 0 })
  const { home, controlPort, sqlPort } = stack
  gateway = startOwnGateway({ folder, port, controlPort, sqlPort, home })
  await untilHealthy(stack.url)
})
afterAll(async () => {
  await gateway?.stop()
  await stack?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

test('a gateway of its own, by a written configuration, serves the REST API and the data plane', async () => {
  const { id } = await stack.createDatabase(
    'app',
    `create table notes (id int primary key); alter table notes enable row level security;
     create policy all_may_read on notes for select using (true); insert into notes values (1)`,
  )
  const key = await stack.createKey(id)
  expect(await stack.rest(id, 'notes', { key: key.value })).toMatchObject({ status: 200, json: [{ id: 1 }] })

  expect((await stack.api('DELETE', `/databases/${id}/publishable-keys/${key.id}`)).status).toBe(200)
  expect((await stack.rest(id, 'notes', { key: key.value })).status).toBe(401)
})

test('the parts behind it take nothing that does not come through it', async () => {
  const direct = `http://127.0.0.1:${stack.controlPort}`
  const headers = { authorization: `Bearer ${stack.ownerToken}` }
  expect((await call(`${direct}/customer/me`, { headers })).status).toBe(403)
  expect((await call(`${direct}/internal/keys/pk_1`)).status).toBe(403)
  const batch = { method: 'POST', body: { statements: [{ text: 'select 1', params: [] }] } }
  expect((await call(`http://127.0.0.1:${stack.sqlPort}/internal/batch`, batch)).status).toBe(400)
})

test('its configuration holds no secret', () => {
  const text = readFileSync(join(folder, 'gateway.capnp'), 'utf8')
  const secrets = loadSecrets(stack.home)
  for (const secret of Object.values(secrets)) expect(text).not.toContain(secret)
})

test.each(['db9.example.com', 'ftp://db9.example.com', 'https://db9.example.com/path'])(
  'DB9_GATEWAY_URL=%s is refused by name',
  (url) => {
    expect(() => parseConfig({}, { DB9_GATEWAY_URL: url })).toThrow('DB9_GATEWAY_URL')
  },
)
