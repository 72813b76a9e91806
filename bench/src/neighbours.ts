/**
 * Noisy neighbours: a database's reads while another one keeps every core busy and a third loses sessions to the
 * kernel's want of memory, against the same reads on a machine that does nothing else.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Announced } from './children.ts'
import { titledProcesses } from './processes.ts'
import type { Measure } from './report.ts'
import { type RestCall, restClient, textField } from './rest.ts'
import { quantile } from './stats.ts'

export interface NeighboursOptions {
  stack: Announced
  /** Of each measured stretch. */
  seconds: number
  say(text: string): void
}

interface Neighbour {
  id: string
  connectionString: string
}

const ROUNDS = 3
const BUSY_SESSIONS = 4
const KILL_EVERY_MS = 1_000
/** Between two reads: somebody uses it, and does not try how much it bears. */
const PAUSE_MS = 5
const BUSY_SQL = 'select count(*) from generate_series(1, 20000000) n where n % 7 = 0'

export async function measureNeighbours({ stack, seconds, say }: NeighboursOptions): Promise<Measure[]> {
  const call = restClient({ url: String(stack.url), token: String(stack.token) })
  const [quiet, busy, killed] = await Promise.all(
    ['quiet', 'busy', 'killed'].map((name) => create(call, name)),
  )
  if (!quiet || !busy || !killed) throw new Error('a database could not be created')
  await call('POST', `/customer/databases/${quiet.id}/sql`, {
    query: 'create table t as select 1 as n; grant select on t to anon',
  })
  const key = textField(
    await call('POST', `/customer/databases/${quiet.id}/publishable-keys`, {
      name: 'quiet',
      require_rls: false,
      rate_limit: { rps: 10_000, burst: 10_000 },
    }),
    'publishable_key',
  )
  const read = async () => {
    const url = new URL(`/db/${quiet.id}/rest/v1/t?select=n`, String(stack.url))
    const response = await fetch(url, { headers: { apikey: key } })
    if (!response.ok) throw new Error(`a read was answered ${response.status}: ${await response.text()}`)
    await response.text()
  }

  const times = { alone: [] as number[], beside: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    say(`Reading alone, then beside noisy neighbours, round ${round + 1} of ${ROUNDS} …`)
    times.alone.push(...(await readFor(seconds, read)))
    const noise = startNoise(busy, killed)
    await sleep(500)
    times.beside.push(...(await readFor(seconds, read)))
    await noise.stop()
  }
  const [alone, beside] = [p99(times.alone), p99(times.beside)]
  return [
    { name: 'Reads alone, p99', unit: 'ms', value: alone, detail: `${times.alone.length} reads` },
    {
      name: 'Reads beside a saturated database and one killed for memory, p99',
      unit: 'ms',
      value: beside,
      detail: `${times.beside.length} reads, none failed; ${BUSY_SESSIONS} busy sessions, a session killed every second`,
    },
    { name: 'The same as a ratio (at most 2)', unit: '×', value: beside / alone, detail: '' },
  ]
}

async function create(call: RestCall, name: string): Promise<Neighbour> {
  const made = await call('POST', '/customer/databases', { name })
  return { id: textField(made, 'id'), connectionString: textField(made, 'connection_string') }
}

/** How long each of the reads took that were made one after the other for so long. */
export async function readFor(
  seconds: number,
  read: () => Promise<void>,
  pauseMs = PAUSE_MS,
): Promise<number[]> {
  const times: number[] = []
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(pauseMs)) {
    const started = performance.now()
    await read()
    times.push(performance.now() - started)
  }
  return times
}

function startNoise(busy: Neighbour, killed: Neighbour): { stop(): Promise<void> } {
  let isOver = false
  /** Again and again, whatever becomes of the session. */
  const use = async ({ connectionString }: Neighbour, statement: string) => {
    while (!isOver) {
      const client = new pg.Client({ connectionString, statement_timeout: 2_000 })
      client.on('error', () => {})
      try {
        await client.connect()
        while (!isOver) await client.query(statement).catch(rethrowIfLost)
      } catch {
        await sleep(50)
      }
      void client.end().catch(() => {})
    }
  }
  const kill = async () => {
    for (; !isOver; await sleep(KILL_EVERY_MS)) {
      const [session] = titledProcesses(`postgres: ${killed.id}-`, ' admin ')
      if (session === undefined) continue
      try {
        // As the kernel does to the process with the highest score.
        process.kill(session, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
  }
  const work = [
    ...Array.from({ length: BUSY_SESSIONS }, () => use(busy, BUSY_SQL)),
    ...Array.from({ length: 2 }, () => use(killed, 'select pg_sleep(0.05)')),
    kill(),
  ]
  return {
    stop: async () => {
      isOver = true
      await Promise.all(work)
    },
  }
}

const QUERY_CANCELED = '57014'

function rethrowIfLost(error: { code?: string }): void {
  if (error.code !== QUERY_CANCELED) throw error
}

export function p99(times: number[]): number {
  return quantile(
    times.sort((a, b) => a - b),
    0.99,
  )
}
