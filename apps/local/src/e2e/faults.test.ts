/**
 * Faults put into a running stack: what a caller sees meanwhile, how soon it serves again, and that nothing
 * acknowledged is lost. docs/reliability.md holds the table that FAULTS makes; DB9_TEST_WRITE=1 writes it anew.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SIGNATURE_HEADER, signRequest } from '@db9/types/credential'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS } from '@db9/types/internal'
import { keyIdOf } from '@db9/types/keys'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSecrets } from '../secrets.ts'
import { type EdgeStack, GENEROUS, startEdgeStack } from '../testing/edge.ts'
import { sendRaw } from '../testing/raw-http.ts'
import { type Relay, startRelay } from '../testing/relay.ts'
import { expectStatus } from '../testing/stack.ts'

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

/** `0` stands for a connection that ended without an answer. */
type Status = 0 | 200 | 201 | 401 | 429 | 503

interface Fault {
  name: string
  how: string
  /** Puts the fault in and takes it out again. */
  inject(): Promise<void>
  /** All that callers may see while the fault lasts, of reads and of writes. */
  reads: readonly Status[]
  writes: readonly Status[]
  /** From the end of the fault to the first read and the first write that are served. */
  servesWithinMs: number
}

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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const read = () => edge.rest(edge.databaseId, 'notes?id=eq.1', { key: edge.key })
const write = (id: number) =>
  edge.rest(edge.databaseId, 'notes', { key: edge.key, method: 'POST', body: { id, title: `row ${id}` } })
const statusOf = (sent: Promise<{ status: number }>) => sent.then(({ status }) => status).catch(() => 0)

/** A backend of the database that serves visitors, and its postmaster. */
async function processes(): Promise<{ backends: number[]; postmaster: number }> {
  const query = "select pid from pg_stat_activity where usename = 'authenticator'"
  const { json } = expectStatus(200, await edge.sql(edge.databaseId, query))
  const backends: number[] = json.rows.map(([pid]: [number]) => Number(pid))
  const parent = execFileSync('ps', ['-o', 'ppid=', '-p', String(backends[0])]).toString()
  return { backends, postmaster: Number(parent) }
}

async function workerdPid(): Promise<number> {
  return JSON.parse(readFileSync(join(edge.home, 'run', 'workerd.json'), 'utf8')).pid
}

const FAULTS: Fault[] = [
  {
    name: 'A Postgres backend is killed',
    how: 'SIGKILL to one that serves visitors; Postgres ends and restarts all of them',
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
      await makeStale()
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
      await makeStale()
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

/** Says to the gateway, as the control API would, that the key changed: its object then has to ask for it again. */
async function makeStale(): Promise<void> {
  const path = INTERNAL_PATHS.invalidate
  const body = JSON.stringify({
    database_id: edge.databaseId,
    key_ids: [keyIdOf('publishableKey', edge.key)],
  })
  const secret = await hmacKey(loadSecrets(edge.home).internal)
  const signature = await signRequest({ method: 'POST', path, body }, secret)
  const reply = await sendRaw(edge.url, {
    line: `POST ${path} HTTP/1.1`,
    headers: [
      ['Host', 'localhost'],
      ['Content-Length', String(body.length)],
      [SIGNATURE_HEADER, signature],
    ],
    body,
  })
  expect(reply.status).toBe(204)
}

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

let nextId = 1_000

/** Callers read and write while the fault lasts and until it serves again; every acknowledged row must be there once. */
async function endure(fault: Fault): Promise<{ reads: number[]; writes: number[] }> {
  const reads = new Set<number>()
  const writes = new Set<number>()
  const acknowledged: number[] = []
  let isOver = false
  const reader = async () => {
    while (!isOver) {
      reads.add(await statusOf(read()))
      await pause(20)
    }
  }
  const writer = async () => {
    while (!isOver) {
      const id = nextId++
      const status = await statusOf(write(id))
      writes.add(status)
      if (status === 201) acknowledged.push(id)
      await pause(20)
    }
  }
  const callers = [reader(), reader(), writer(), writer()]
  try {
    await fault.inject()
    const timing = { timeout: fault.servesWithinMs, interval: 25 }
    await expect.poll(() => statusOf(read()), timing).toBe(200)
    await expect.poll(() => statusOf(write(nextId++)), timing).toBe(201)
  } finally {
    isOver = true
    for (const relay of [control, proxy]) relay.mend()
    await Promise.all(callers)
  }

  const { json } = expectStatus(
    200,
    await edge.sql(edge.databaseId, 'select id, count(*)::int from notes group by id'),
  )
  const counts = new Map<number, number>(json.rows)
  expect(
    acknowledged.filter((id) => counts.get(id) !== 1),
    'acknowledged rows that are not there once',
  ).toEqual([])
  expect(acknowledged.length, 'writes were acknowledged at all').toBeGreaterThan(0)
  return { reads: [...reads], writes: [...writes] }
}

const outside = (seen: number[], allowed: readonly number[]) =>
  seen.filter((status) => !allowed.includes(status))

describe('what a caller sees and what is lost, when', () => {
  test.each(FAULTS)(
    '$name',
    async (fault) => {
      const { reads, writes } = await endure(fault)
      expect([outside(reads, fault.reads), outside(writes, fault.writes)]).toEqual([[], []])
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
  const rows = FAULTS.map(
    ({ name, how, reads, writes, servesWithinMs }) =>
      `| ${name} | ${how} | ${list(reads)} | ${list(writes)} | ${servesWithinMs / 1000} s | nothing |`,
  )
  return [
    '| fault | how it is put in | reads see | writes see | serves again within | acknowledged and lost |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
