/**
 * Faults put into a running stack: what a caller sees meanwhile, how soon it serves again, and that nothing
 * acknowledged is lost. docs/reliability.md holds the table that FAULTS makes; DB9_TEST_WRITE=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APART } from '../testing/apart.ts'
import { childrenOf, commandLineOf, postmasterOf } from '../testing/command.ts'
import { type EdgeStack, GENEROUS, startEdgeStack } from '../testing/edge.ts'
import { endure, type Fault, outside, pause, type Status, statusOf } from '../testing/endurance.ts'
import { type Relay, startRelay } from '../testing/relay.ts'
import { expectStatus } from '../testing/stack.ts'
import { makeStale } from '../testing/stale.ts'

const SCHEMA = `
  create table notes (id int primary key, title text);
  alter table notes enable row level security;
  create policy open on notes using (true) with check (true);
  insert into notes values (1, 'Hello');
`
/** How long the control API stays away; the promise is a minute, which `whole` waits for. */
const AWAY_MS = process.env.DB9_TEST_FAULTS === 'whole' ? 61_000 : 4_000
const MAX_CLIENTS = 300
const MARKERS = { begin: '<!-- faults: written by the tests -->', end: '<!-- end of faults -->' }

let edge: EdgeStack
let control: Relay
let proxy: Relay
beforeAll(async () => {
  edge = await startEdgeStack(SCHEMA, {
    reach: async (part, port) => {
      const relay = await startRelay(port)
      if (part === 'control') control = relay
      else proxy = relay
      return relay.port
    },
  })
  // A second connection each, so that what is known of the key and the catalog is warm.
  for (let i = 0; i < 5; i++) expectStatus(200, await read())
})
afterAll(async () => {
  await edge?.dispose()
  await Promise.all([control?.close(), proxy?.close()])
})

const read = () => edge.rest(edge.databaseId, 'notes?id=eq.1', { key: edge.key })
const write = (id: number) =>
  edge.rest(edge.databaseId, 'notes', { key: edge.key, method: 'POST', body: { id, title: `row ${id}` } })

/** A backend of the database that serves callers, and its postmaster. */
async function processes(): Promise<{ backends: number[]; postmaster: number }> {
  const postmaster = postmasterOf(edge.dataFolder, edge.databaseId)
  const backends = childrenOf(postmaster).filter((pid) => commandLineOf(pid).includes(' authenticator '))
  expect(backends.length).toBeGreaterThan(0)
  return { backends, postmaster }
}

async function workerdPid(): Promise<number> {
  return JSON.parse(readFileSync(join(edge.home, 'run', 'workerd.json'), 'utf8')).pid
}

const FAULTS: Fault[] = [
  {
    name: 'A Postgres backend is killed',
    how: 'SIGKILL to one that serves requests; Postgres ends and restarts all of them',
    inject: async () => {
      const { backends } = await processes()
      process.kill(backends[0] ?? 0, 'SIGKILL')
      await pause(300)
    },
    reads: [200, 503],
    writes: [201, 503],
    servesWithinMs: 5_000,
  },
  {
    name: 'Postgres is killed',
    how: 'SIGKILL to the postmaster of the database',
    inject: async () => {
      const { postmaster } = await processes()
      process.kill(postmaster, 'SIGKILL')
      await pause(300)
    },
    reads: [200, 503],
    writes: [201, 503],
    servesWithinMs: 10_000,
  },
  {
    name: 'Postgres hangs',
    how: 'SIGSTOP to its backends and postmaster for 4 s',
    inject: async () => {
      const { backends, postmaster } = await processes()
      const all = [postmaster, ...backends]
      for (const pid of all) process.kill(pid, 'SIGSTOP')
      await pause(4_000)
      for (const pid of all) process.kill(pid, 'SIGCONT')
    },
    reads: [200, 429, 503],
    writes: [201, 429, 503],
    servesWithinMs: 5_000,
  },
  {
    name: 'The control API is away',
    how: 'the way from the gateway to it is cut, for a minute in the whole run',
    inject: async () => {
      control.cut()
      await pause(AWAY_MS)
      control.mend()
    },
    reads: [200],
    writes: [201, 503],
    servesWithinMs: 3_000,
  },
  {
    name: 'The key’s object throws',
    how: 'its configuration is made stale while the control API refuses connections',
    inject: async () => {
      control.cut()
      await makeStale(edge)
      await pause(3_000)
      control.mend()
    },
    reads: [200],
    writes: [201, 503],
    servesWithinMs: 5_000,
  },
  {
    name: 'The key’s object hangs',
    how: 'its configuration is made stale while the control API answers nothing',
    inject: async () => {
      control.hang()
      await makeStale(edge)
      await pause(3_000)
      control.mend()
    },
    reads: [200],
    writes: [201, 503],
    servesWithinMs: 5_000,
  },
  {
    name: 'The data proxy is away',
    how: 'the way from the gateway to it is cut for 2 s',
    inject: async () => {
      proxy.cut()
      await pause(2_000)
      proxy.mend()
    },
    reads: [200, 503],
    writes: [201, 503],
    servesWithinMs: 3_000,
  },
  {
    name: 'The network between gateway and proxy is half open',
    how: 'nothing passes for 3 s, and no connection ends',
    inject: async () => {
      proxy.hang()
      await pause(3_000)
      proxy.mend()
    },
    reads: [200, 503],
    writes: [201, 503],
    servesWithinMs: 3_000,
  },
  {
    name: 'The gateway is killed, its objects with it',
    how: 'SIGKILL to workerd, whose supervisor starts it again',
    inject: async () => {
      process.kill(await workerdPid(), 'SIGKILL')
      await pause(300)
    },
    reads: [0, 200, 503],
    writes: [0, 201, 503],
    servesWithinMs: 5_000,
  },
  {
    name: 'The gateway is told to end, as before a new one',
    how: 'SIGTERM to workerd, whose supervisor starts it again',
    inject: async () => {
      process.kill(await workerdPid(), 'SIGTERM')
      await pause(300)
    },
    reads: [0, 200, 503],
    writes: [0, 201, 503],
    servesWithinMs: 5_000,
  },
  {
    name: 'Another client takes every connection',
    how: 'logins of the owner until Postgres refuses one, held for 2 s',
    inject: async () => {
      const clients = await takeConnections()
      expect(clients.length, 'connections until one was refused').toBeGreaterThan(10)
      expect(clients.length).toBeLessThan(MAX_CLIENTS)
      await pause(2_000)
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)))
    },
    reads: [200, 429, 503],
    writes: [201, 429, 503],
    servesWithinMs: 3_000,
  },
]

async function takeConnections(): Promise<pg.Client[]> {
  const { json } = await edge.api('GET', `/databases/${edge.databaseId}/credentials`)
  const clients: pg.Client[] = []
  for (let i = 0; i < MAX_CLIENTS; i++) {
    const client = new pg.Client({ connectionString: json.connection_string })
    client.on('error', () => {})
    try {
      await client.connect()
    } catch {
      break
    }
    clients.push(client)
  }
  return clients
}

async function rows(): Promise<Map<number, number>> {
  const query = 'select id, count(*)::int from notes group by id'
  return new Map(expectStatus(200, await edge.sql(edge.databaseId, query)).json.rows)
}

describe('what a caller sees and what is lost, when', () => {
  test.each(FAULTS)(
    '$name',
    async (fault) => {
      try {
        await endure(fault, { read, write, rows })
      } finally {
        for (const relay of [control, proxy]) relay.mend()
      }
    },
    120_000,
  )

  test('an identity provider is gone: its keys stay good', async () => {
    expectStatus(
      200,
      await edge.rest(edge.databaseId, 'notes', { key: edge.key, jwt: await edge.idp.token('first') }),
    )
    const late = await edge.idp.token('late')
    await edge.idp.close()
    expect((await edge.rest(edge.databaseId, 'notes', { key: edge.key, jwt: late })).status).toBe(200)
  })

  test.each([
    ['an identity provider’s clock is 5 min ahead', 300, 401],
    ['an identity provider’s clock is 20 s ahead', 20, 200],
  ])('%s', async (_, seconds, status) => {
    const iat = Math.floor(Date.now() / 1000) + seconds
    const jwt = await edge.idp.token('ada', { claims: { nbf: iat } })
    expect((await edge.rest(edge.databaseId, 'notes', { key: edge.key, jwt })).status).toBe(status)
  })

  test('200 callers come back at once after a restart: all are served or told when to come back', async () => {
    const { value } = await edge.createKey(edge.databaseId, GENEROUS)
    process.kill(await workerdPid(), 'SIGKILL')
    await expect.poll(() => statusOf(fetch(`${edge.url}/healthz`)), { timeout: 10_000 }).toBe(200)
    const sent = Array.from({ length: 200 }, () =>
      statusOf(edge.rest(edge.databaseId, 'notes', { key: value })),
    )
    expect(outside(await Promise.all(sent), [200, 429, 503])).toEqual([])
    await expect.poll(() => statusOf(read()), { timeout: 5_000 }).toBe(200)
  })
})

test('docs/reliability.md holds the table of these faults', () => {
  const path = new URL('../../../../docs/reliability.md', import.meta.url)
  const text = readFileSync(path, 'utf8')
  const [before = '', rest = ''] = text.split(MARKERS.begin)
  const after = rest.split(MARKERS.end)[1] ?? ''
  const table = `${before}${MARKERS.begin}\n${faultTable()}\n${MARKERS.end}${after}`
  if (process.env.DB9_TEST_WRITE === '1') writeFileSync(path, table)
  else expect(text).toBe(table)
})

function faultTable(): string {
  const list = (statuses: readonly Status[]) =>
    statuses.map((status) => (status === 0 ? 'ended connections' : String(status))).join(', ')
  const rows = [...FAULTS, ...Object.values(APART)].map(
    ({ name, how, reads, writes, servesWithinMs }) =>
      `| ${name} | ${how} | ${list(reads)} | ${list(writes)} | ${servesWithinMs / 1000} s | nothing |`,
  )
  return [
    '| fault | how it is put in | reads see | writes see | serves again within | acknowledged and lost |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
