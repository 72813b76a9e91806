/** The Worker under `wrangler dev`, with a whole stack behind it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, type OwnGateway } from '../testing/own-gateway.ts'
import { startTestStack, type TestStack } from '../testing/stack.ts'
import { startWranglerDev } from '../testing/wrangler-dev.ts'

let stack: TestStack
let folder: string
let gateway: OwnGateway

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'db9-miniflare-'))
  const port = await freePort()
  stack = await startTestStack({ gatewayUrl: `http://127.0.0.1:${port}`, controlPort: 0, sqlPort: 0 })
  const { home, controlPort, sqlPort } = stack
  gateway = startWranglerDev({ folder, port, controlPort, sqlPort, home })
})
afterAll(async () => {
  await gateway?.stop()
  await stack?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

/** Whether the gateway and both parts behind it serve. wrangler bundles the Worker before it listens. */
const isHealthy = async () => {
  const reply = await fetch(`${stack.url}/healthz`).catch(() => null)
  return reply?.ok === true
}

test('serves a write and a read of the data plane, and a revoked key no more', async () => {
  await expect.poll(isHealthy, { timeout: 50_000, interval: 100 }).toBe(true)
  const { id } = await stack.createDatabase(
    'app',
    `create table notes (id int primary key); alter table notes enable row level security;
     create policy all_may_read on notes for select using (true);
     create policy all_may_add on notes for insert with check (true);
     grant select, insert on notes to anon`,
  )
  const key = await stack.createKey(id)
  const write = await stack.rest(id, 'notes', { method: 'POST', key: key.value, body: { id: 7 } })
  expect(write.status).toBe(201)
  expect(await stack.rest(id, 'notes', { key: key.value })).toMatchObject({ status: 200, json: [{ id: 7 }] })

  expect((await stack.api('DELETE', `/databases/${id}/publishable-keys/${key.id}`)).status).toBe(200)
  expect((await stack.rest(id, 'notes', { key: key.value })).status).toBe(401)
})
