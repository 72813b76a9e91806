/** Life of databases: creation, cold start, memory, revocation, the exactness of a limit, the proxy's own share. */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Announced, Children } from './children.ts'
import { ORIGIN, prepareFixture } from './fixture.ts'
import { requestBytes, runLoad } from './load.ts'
import { percentiles } from './percentiles.ts'
import { findPostgres } from './postgres.ts'
import { processesIn, pssKilobytes } from './processes.ts'
import type { Measure } from './report.ts'
import { type RestCall, restClient, textField } from './rest.ts'
import { quantile } from './stats.ts'

const HERE = dirname(fileURLToPath(import.meta.url))

export interface CreateOptions {
  children: Children
  folder: string
  /** How many databases. */
  count: number
  say(text: string): void
}

interface Created {
  id: string
  connectionString: string
}

export async function measureDatabases({ children, folder, count, say }: CreateOptions): Promise<Measure[]> {
  const start = () =>
    children.node('databases', {
      script: join(HERE, 'servers/stack.ts'),
      env: { DB9_HOME: join(folder, 'databases') },
    })
  say('Starting db9 in an empty home …')
  const first = await start()
  const call = restClient({ url: String(first.url), token: String(first.token) })
  say(`Creating ${count} databases …`)
  const { databases, times } = await createDatabases(call, count, String(first.dataFolder))
  say(`Creating ${BATCH} databases by one request …`)
  const batch = await createBatch(call)
  await children.stop('databases')

  say('Starting again, every database asleep …')
  const second = await start()
  const awake = databases.filter(({ id }) => processesIn(id).length > 0).length
  const coldMs = await firstRows(databases, Number(second.pgPort))
  const memory = meanMemory(databases)
  const asleep = await restClient({ url: String(second.url), token: String(second.token) })
  const others = await measureWire(asleep, second, say)
  await children.stop('databases')

  return [
    { name: 'First start, empty home', unit: 'ms', value: Number(first.startMs), detail: '1 start' },
    {
      name: `Second start, ${count} databases`,
      unit: 'ms',
      value: Number(second.startMs),
      detail: '1 start',
    },
    ...percentiles('Create a database, answer to POST', times),
    batch,
    ...coldStart(coldMs, awake),
    memory,
    asleepMemory(awake, count),
    ...others,
  ]
}

/** Each with a copy of the template that was made ahead: a caller who finds none waits for one to be copied. */
async function createDatabases(
  call: RestCall,
  count: number,
  dataFolder: string,
): Promise<{ databases: Created[]; times: number[] }> {
  const databases: Created[] = []
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    await untilSpare(dataFolder)
    const started = performance.now()
    const reply = await call('POST', '/customer/databases', { name: `created-${i}` })
    times.push(performance.now() - started)
    databases.push({ id: textField(reply, 'id'), connectionString: textField(reply, 'connection_string') })
  }
  return { databases, times }
}

async function untilSpare(dataFolder: string): Promise<void> {
  const isSpare = (entry: string) => entry.startsWith('spare-') && !entry.endsWith('.tmp')
  while (!readdirSync(dataFolder).some(isSpare)) await new Promise((resolve) => setTimeout(resolve, 20))
}

const BATCH = 100

async function createBatch(call: RestCall): Promise<Measure> {
  const databases = Array.from({ length: BATCH }, (_, i) => ({ name: `batch-${i}` }))
  const started = performance.now()
  const reply = await call('POST', '/customer/databases/batch', { databases })
  const ms = performance.now() - started
  const made = (reply as { total_created: number }).total_created
  const name = `Create ${BATCH} databases by one request`
  return { name, unit: 'ms', value: made === BATCH ? ms : null, detail: `${made} created` }
}

/** One after the other: a new connection to a database that sleeps, and its first row. */
async function firstRows(databases: Created[], pgPort: number): Promise<number[]> {
  const times: number[] = []
  for (const { connectionString } of databases) {
    // The port of the start before this one stands in it.
    const url = new URL(connectionString)
    url.port = String(pgPort)
    const client = new pg.Client({ connectionString: url.href })
    const started = performance.now()
    await client.connect()
    await client.query('select 1')
    times.push(performance.now() - started)
    await client.end()
  }
  return times
}

/** No figure where a server ran already: that would be a warm connection under a cold one's name. */
function coldStart(times: number[], awake: number): Measure[] {
  const name = 'Cold start: connect to first row through the proxy'
  if (awake === 0) return percentiles(name, times)
  const detail = `${awake} of ${times.length} ran already before they were asked`
  return [{ name, unit: 'ms', value: null, detail }]
}

/** PSS of all processes that work in a database's folder, a fair share of what they have in common included. */
function meanMemory(databases: Created[]): Measure {
  const name = 'Memory of an idle database, awake (PSS)'
  if (process.platform !== 'linux') return { name, unit: 'MB', value: null, detail: 'only Linux tells PSS' }
  const totals = databases.map(({ id }) => pssKilobytes(id)).filter((total) => total > 0)
  if (totals.length === 0) return { name, unit: 'MB', value: null, detail: 'no process names a database' }
  const sorted = totals.sort((a, b) => a - b)
  return {
    name,
    unit: 'MB',
    value: quantile(sorted, 0.5) / 1024,
    detail: `median of ${totals.length} awake; greatest ${Math.round((sorted.at(-1) ?? 0) / 1024)} MB`,
  }
}

function asleepMemory(awake: number, count: number): Measure {
  const name = 'Memory of a database, asleep'
  if (process.platform !== 'linux') return { name, unit: 'MB', value: null, detail: 'only Linux tells' }
  const detail = awake === 0 ? `no process of any of ${count}` : `${awake} of ${count} had processes`
  return { name, unit: 'MB', value: awake === 0 ? 0 : null, detail }
}

async function measureWire(
  call: RestCall,
  stack: Announced,
  say: (text: string) => void,
): Promise<Measure[]> {
  const fixture = await prepareFixture(call)
  try {
    const database = `/customer/databases/${fixture.databaseId}`
    const request = (key: string) =>
      requestBytes({
        path: `/db/${fixture.databaseId}/rest/v1/items?select=id&id=eq.2`,
        port: stack.port,
        headers: { apikey: key, origin: ORIGIN },
      })
    say('Revoking keys …')
    const revocations: number[] = []
    for (let i = 0; i < 5; i++) revocations.push(await revocationMs(call, database, stack.port, request))
    say('Overloading a limit …')
    const limit = await limitShare(call, database, stack.port, request)
    say('Asking through the proxy and past it …')
    const added = await proxyAddedMs(call, stack, fixture.databaseId)
    const slowest = Math.max(...revocations)
    return [
      { name: 'Revocation: DELETE to last success', unit: 'ms', value: slowest, detail: 'greatest of 5' },
      limit,
      added,
    ]
  } finally {
    fixture.stop()
  }
}

type MakeRequest = (key: string) => Buffer

async function newKey(call: RestCall, database: string, rate_limit: { rps: number; burst: number }) {
  const reply = await call('POST', `${database}/publishable-keys`, {
    name: 'measured',
    allowed_origins: [ORIGIN],
    rate_limit,
  })
  return { id: textField(reply, 'id'), value: textField(reply, 'publishable_key') }
}

/** Milliseconds from sending the DELETE to the last 200 that a steady reader got. */
async function revocationMs(
  call: RestCall,
  database: string,
  port: number,
  request: MakeRequest,
): Promise<number> {
  const key = await newKey(call, database, { rps: 10_000, burst: 10_000 })
  let lastSuccess = 0
  const load = runLoad({
    port,
    requests: [request(key.value)],
    connections: 4,
    seconds: 3,
    expect: 200,
    tolerate: 401,
    onCounted: () => {
      lastSuccess = performance.now()
    },
  })
  await new Promise((resolve) => setTimeout(resolve, 700))
  const started = performance.now()
  await call('DELETE', `${database}/publishable-keys/${key.id}`)
  const { failures, firstFailure } = await load
  if (failures > 0) throw new Error(`a revoked key was answered otherwise than by 401: ${firstFailure}`)
  return Math.max(0, lastSuccess - started)
}

/** What passes of a load ten times over the limit, as a share of `burst + rps · T`. */
async function limitShare(
  call: RestCall,
  database: string,
  port: number,
  request: MakeRequest,
): Promise<Measure> {
  const [rps, burst, seconds] = [100, 200, 5]
  const key = await newKey(call, database, { rps, burst })
  const { perSecond, elapsedSeconds, failures, firstFailure } = await runLoad({
    port,
    requests: [request(key.value)],
    connections: 16,
    seconds,
    expect: 200,
    tolerate: 429,
  })
  const share = (perSecond * elapsedSeconds) / (burst + rps * elapsedSeconds)
  return {
    name: 'Limiter under overload: passed / (burst + rps · T)',
    unit: '',
    value: failures === 0 ? share : null,
    detail: failures === 0 ? `${rps} rps, burst ${burst}, ${seconds} s` : String(firstFailure),
  }
}

/** Median of one query after the other through the proxy, less the same on the socket. */
async function proxyAddedMs(call: RestCall, stack: Announced, databaseId: string): Promise<Measure> {
  const reply = await call('GET', `/customer/databases/${databaseId}/credentials`)
  const login = { user: 'admin', password: textField(reply, 'admin_password') }
  const target = findPostgres(String(stack.dataFolder), databaseId, login)
  const socketPort = Number(target.socketPath.split('.').at(-1))
  const through = new pg.Client({ connectionString: textField(reply, 'connection_string') })
  const past = new pg.Client({
    host: dirname(target.socketPath),
    port: socketPort,
    user: target.user,
    password: target.password,
    database: target.database,
  })
  await through.connect()
  await past.connect()
  const times = { through: [] as number[], past: [] as number[] }
  for (let i = 0; i < 3000; i++) {
    times.through.push(await queryMs(through))
    times.past.push(await queryMs(past))
  }
  await through.end()
  await past.end()
  const median = (list: number[]) =>
    quantile(
      list.sort((a, b) => a - b),
      0.5,
    )
  const [throughMs, pastMs] = [median(times.through), median(times.past)]
  return {
    name: 'pgwire proxy, added per query (p50)',
    unit: 'ms',
    value: throughMs - pastMs,
    detail: `${throughMs.toFixed(3)} ms through it over TCP, ${pastMs.toFixed(3)} ms on the socket`,
  }
}

async function queryMs(client: pg.Client): Promise<number> {
  const started = performance.now()
  await client.query({ name: 'one', text: 'select 1' })
  return performance.now() - started
}
