/** The example, deployed to a stack of its own and called as its sender would. */
import { createHmac } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalStack, startLocal } from '@db9/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployed, deployExample } from './deploy.ts'

let home = ''
let stack: LocalStack
let example: Deployed
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'db9-example-functions-'))
  // Open to the servers' own user, or the data would lie in the system's folders and stay there.
  await chmod(home, 0o755)
  stack = await startLocal({ home, port: 0, pgPort: 0 })
  example = await deployExample({ url: stack.url, token: stack.ownerToken })
}, 60_000)
afterAll(async () => {
  await stack?.stop()
  await rm(home, { recursive: true, force: true })
})

async function send(event: object, { secret = example.webhookSecret, at = Date.now() } = {}) {
  const body = JSON.stringify(event)
  const time = Math.floor(at / 1000)
  const mac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  return fetch(`${stack.url}/db/${example.databaseId}/functions/v1/webhook`, {
    method: 'POST',
    headers: {
      apikey: example.key,
      'content-type': 'application/json',
      'x-signature': `t=${time},v1=${mac}`,
    },
    body,
  })
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, each asserted where it is used
async function customer(method: string, path: string, body?: object): Promise<any> {
  const reply = await fetch(`${stack.url}/customer/databases/${example.databaseId}${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.ownerToken}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return reply.json()
}

test('an event that is rightly signed is kept once, and no other is', async () => {
  const event = { id: 'evt_1', type: 'payment', amount: 1_200 }
  for (const reply of [await send(event), await send(event)])
    expect([reply.status, await reply.json()]).toEqual([200, { received: true }])
  expect((await send({ ...event, id: 'evt_2', amount: 300 })).status).toBe(200)
  expect((await send({ ...event, id: 'evt_3' }, { secret: 'guessed' })).status).toBe(400)
  expect((await send({ ...event, id: 'evt_4' }, { at: Date.now() - 600_000 })).status).toBe(400)
  const { rows } = await customer('POST', '/sql', { query: 'select id from events order by id' })
  expect(rows).toEqual([['evt_1'], ['evt_2']])
})

test('the summary of a day is made, is made again with the same result, and is scheduled', async () => {
  const day = new Date().toISOString().slice(0, 10)
  for (let i = 0; i < 2; i++) {
    const run = await customer('POST', '/functions/nightly/invoke', { input: { day } })
    expect([run.status, JSON.parse(run.result_json)]).toEqual([
      'completed',
      { day, events: 2, amount: 1_500 },
    ])
  }
  const { function: nightly } = await customer('GET', '/functions/nightly')
  expect(nightly.next_run_at).toMatch(/T00:05:00/)
})

test('a page reads none of it, and deployed again the same database gets new versions', async () => {
  const read = await fetch(`${stack.url}/db/${example.databaseId}/rest/v1/events`, {
    headers: { apikey: example.key },
  })
  expect(read.status).toBe(404)
  const again = await deployExample({ url: stack.url, token: stack.ownerToken })
  expect(again.databaseId).toBe(example.databaseId)
  expect(
    (await customer('GET', '/functions/webhook/versions')).map(({ version }: { version: number }) => version),
  ).toEqual([2, 1])
})
