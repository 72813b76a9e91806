/**
 * What a stranger with many connections does to everybody else: nothing that others notice for long. The short form is part of
 * the suite; `pnpm run abuse` runs the whole one, for a minute each, and prints what it measured.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOwnerToken } from '@db9/control-api/start'
import { MAX_LOG_BYTES } from '@db9/process/logs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesIn, memoryOf, probe, quantile, startAttack } from '../testing/abuse/attack.ts'
import type { Attack, AttackCounts } from '../testing/abuse/attacker.ts'
import { type RunningCommand, startCommand } from '../testing/command.ts'
import { GENEROUS } from '../testing/edge.ts'
import { callsOf, expectStatus } from '../testing/stack.ts'

const IS_WHOLE = process.env.DB9_TEST_ABUSE === 'whole'
const SECONDS = IS_WHOLE ? 60 : 4
const QUIET_MS = IS_WHOLE ? 10_000 : 1_000
/** Of the 99th percentile of others' requests, against their own without an attack. */
const MAX_SLOWDOWN = 10
const MAX_GATEWAY_BYTES = 2 ** 30
const PARTS = 3
/** Two files of each part, and what is written between two looks at them. */
const MAX_LOGS_BYTES = PARTS * 2 * MAX_LOG_BYTES + 32 * 2 ** 20
const SCHEMA = `
  create table notes (id int primary key, title text);
  alter table notes enable row level security;
  create policy open on notes using (true) with check (true);
  insert into notes values (1, 'Hello');
  create table big (id int primary key, body text);
  alter table big enable row level security;
  create policy open on big using (true);
  insert into big select n, repeat('x', 9000) from generate_series(1, 1000) n;
  grant select, insert on notes to anon;
  grant select on big to anon;
`

interface Target {
  databaseId: string
  key: string
}

let home: string
let stack: RunningCommand
/** Whom the attacks are made on, and who is served meanwhile: two databases. */
let attacked: Target
let other: Target
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'db9-abuse-'))
  stack = await startCommand({ home: join(home, 'home') })
  const calls = callsOf({ url: stack.url, ownerToken: readOwnerToken(join(home, 'home')) ?? '' })
  const makeTarget = async (name: string): Promise<Target> => {
    const { id: databaseId } = await calls.createDatabase(name, SCHEMA)
    const { value: key } = await calls.createKey(databaseId, GENEROUS)
    expectStatus(200, await calls.rest(databaseId, 'notes?limit=1', { key }))
    return { databaseId, key }
  }
  attacked = await makeTarget('attacked')
  other = await makeTarget('other')
})
afterAll(async () => {
  stack?.child.kill('SIGTERM')
  await stack?.exited
  rmSync(home, { recursive: true, force: true })
})

const rest = ({ databaseId }: Target, path: string) => `/db/${databaseId}/rest/v1/${path}`
const gatewayPid = (): number =>
  JSON.parse(readFileSync(join(home, 'home', 'run', 'workerd.json'), 'utf8')).pid
const head = (method: string, path: string, more = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\napikey: ${attacked.key}\r\n${more}\r\n`

interface Case {
  name: string
  attack: () => Omit<Attack, 'port'>
  /** What must have happened to the attacker, so that the attack was one. */
  check: (counts: AttackCounts) => void
}

const CASES: Case[] = [
  {
    name: `${IS_WHOLE ? 20_000 : 3_000} idle connections of twenty addresses`,
    attack: () => ({
      sockets: IS_WHOLE ? 20_000 : 3_000,
      firstAddress: 10,
      addresses: 20,
      request: '',
      replies: 'read',
    }),
    // The rest waits: the gateway accepts some 500 connections a second, and no more than it may open files.
    check: ({ mostOpen }) => expect(mostOpen).toBeGreaterThan(IS_WHOLE ? 2_500 : 500),
  },
  {
    name: 'more connections of one address than it may have',
    attack: () => ({
      sockets: IS_WHOLE ? 20_000 : 8_000,
      firstAddress: 10,
      addresses: 1,
      request: '',
      replies: 'read',
    }),
    check: ({ mostOpen }) => expect(mostOpen).toBeLessThan(IS_WHOLE ? 12_000 : 8_000),
  },
  {
    name: `${IS_WHOLE ? 10_000 : 1_000} uploads that stall`,
    attack: () => ({
      sockets: IS_WHOLE ? 10_000 : 1_000,
      firstAddress: 10,
      addresses: 20,
      request: `${head('POST', rest(attacked, 'notes'), 'content-type: application/json\r\ncontent-length: 100000\r\n')}[`,
      replies: 'read',
    }),
    check: ({ mostOpen }) => expect(mostOpen).toBeGreaterThan(IS_WHOLE ? 2_500 : 500),
  },
  {
    name: '300 readers that read nothing of a reply of 9 MB',
    attack: () => ({
      sockets: 300,
      firstAddress: 10,
      addresses: 20,
      request: head('GET', rest(attacked, 'big')),
      replies: 'ignore',
    }),
    check: ({ mostOpen }) => expect(mostOpen).toBeGreaterThan(250),
  },
  {
    name: 'a flood of requests to addresses that there are not',
    attack: () => ({
      sockets: 64,
      firstAddress: 10,
      addresses: 4,
      request: `GET /customer/${'x'.repeat(4_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      replies: 'answer',
    }),
    check: ({ statuses }) => {
      expect(Object.keys(statuses).filter((status) => status >= '500')).toEqual([])
      expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(50)
    },
  },
]

test.each(CASES)(
  'others are served during $name',
  async ({ attack, check }) => {
    const [url, headers] = [`${stack.url}${rest(other, 'notes?id=eq.1')}`, { apikey: other.key }]
    const pid = gatewayPid()
    const quiet = await probe(url, headers, QUIET_MS)
    const running = startAttack({ ...attack(), port: Number(new URL(stack.url).port) })
    const during = await probe(url, headers, SECONDS * 1_000)
    const memory = { gateway: memoryOf(pid), stack: memoryOf(stack.pid) }
    check(await running.end())

    expect([quiet.failures, during.failures]).toEqual([[], []])
    expect(gatewayPid(), 'the process of the gateway').toBe(pid)
    expect(memory.gateway).toBeLessThan(MAX_GATEWAY_BYTES)
    expect(bytesIn(join(home, 'home', 'logs'))).toBeLessThan(MAX_LOGS_BYTES)
    // Times are a promise only where nothing else runs on the machine.
    if (!IS_WHOLE) return
    const slowdown = quantile(during.times, 0.99) / quantile(quiet.times, 0.99)
    const [before, after] = [quiet, during].map(({ times }) => quantile(times, 0.99).toFixed(1))
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`
    process.stdout.write(
      `p99 ${before} ms quiet, ${after} ms attacked (${slowdown.toFixed(1)} ×); gateway ${megabytes(memory.gateway)}, stack ${megabytes(memory.stack)}\n`,
    )
    expect(slowdown).toBeLessThan(MAX_SLOWDOWN)
  },
  (SECONDS + 60) * 1_000,
)
