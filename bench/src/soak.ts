/**
 * Many databases, few places: created, used in every way, put to sleep and woken at random, for as long as asked.
 * Each writer keeps its own log of what was acknowledged, which the databases must agree with in the end.
 */
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Announced } from './children.ts'
import { memoryByDatabase, processesIn, residentKilobytes } from './processes.ts'
import { type RestCall, restClient, textField } from './rest.ts'
import { quantile } from './stats.ts'

export interface SoakOptions {
  /** The stack, as `servers/stack.ts` announced it. */
  stack: Announced
  databases: number
  seconds: number
  /** Callers at once. */
  callers: number
  say(text: string): void
}

export interface SoakReport {
  seconds: number
  calls: { kind: string; count: number; p50Ms: number; p99Ms: number; greatestMs: number }[]
  /** What a caller saw that was not what it asked for; the first few of each kind. */
  errors: { kind: string; message: string }[]
  errorCount: number
  acknowledgedRows: number
  /** Databases whose rows are not those that were acknowledged. */
  wrongDatabases: string[]
  /** Servers that were started, as their process ids tell at each look. */
  running: { most: number; atEnd: number }
  /** Of the stack's own process: after creation, at its greatest, at the end. */
  stackMb: { before: number; greatest: number; end: number }
  serversMb: { greatest: number }
  /** Entries of the data folder that no database owns. */
  leftovers: string[]
}

interface Subject {
  id: string
  connectionString: string
  key: string
  acknowledged: number
}

interface Soak {
  options: SoakOptions
  call: RestCall
  subjects: Subject[]
  times: Map<string, number[]>
  errors: { kind: string; message: string }[]
  errorCount: number
}

const SCHEMA =
  'create table log (n bigint generated always as identity primary key, at timestamptz default now())'
const SLEEP_LIMIT_MS = 60_000

export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { stack, seconds, say } = options
  const call = restClient({ url: String(stack.url), token: String(stack.token) })
  say(`Creating ${options.databases} databases …`)
  const subjects = await createSubjects(call, options.databases)
  const soak: Soak = { options, call, subjects, times: new Map(), errors: [], errorCount: 0 }
  const before = residentKilobytes(stack.pid)

  const watch = watchMemory(soak)
  say(`Using them for ${seconds} s …`)
  const end = performance.now() + seconds * 1000
  await Promise.all(Array.from({ length: options.callers }, (_, i) => useAtRandom(soak, i, end)))
  const { mostRunning, greatestStack, greatestServers } = await watch.stop()

  say('Comparing what was acknowledged with what is there …')
  const wrong = await findWrong(soak)
  say('Waiting until all sleep …')
  const atEnd = await untilAsleep(soak)
  return {
    seconds,
    calls: [...soak.times].sort().map(([kind, times]) => summary(kind, times)),
    errors: soak.errors,
    errorCount: soak.errorCount,
    acknowledgedRows: subjects.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    wrongDatabases: wrong,
    running: { most: mostRunning, atEnd },
    stackMb: {
      before: before / 1024,
      greatest: greatestStack / 1024,
      end: residentKilobytes(stack.pid) / 1024,
    },
    serversMb: { greatest: greatestServers / 1024 },
    leftovers: readdirSync(String(stack.dataFolder)).filter((entry) => /\.(tmp|doomed)$/.test(entry)),
  }
}

async function createSubjects(call: RestCall, count: number): Promise<Subject[]> {
  const subjects: Subject[] = []
  let next = 0
  const createSome = async () => {
    for (let i = next++; i < count; i = next++) {
      const made = await call('POST', '/customer/databases', { name: `soak-${i}` })
      const path = `/customer/databases/${textField(made, 'id')}`
      await call('POST', `${path}/sql`, { query: `${SCHEMA}; grant all on log to anon` })
      const key = await call('POST', `${path}/publishable-keys`, {
        name: 'soak',
        require_rls: false,
        rate_limit: { rps: 10_000, burst: 10_000 },
      })
      await call('PUT', `${path}/settings`, { suspend_after_seconds: 1 + (i % 10) })
      subjects.push({
        id: textField(made, 'id'),
        connectionString: textField(made, 'connection_string'),
        key: textField(key, 'publishable_key'),
        acknowledged: 0,
      })
    }
  }
  await Promise.all(Array.from({ length: 4 }, createSome))
  return subjects
}

type Use = (soak: Soak, subject: Subject) => Promise<void>

/** The ways to use a database, and how often each is taken: a call takes those before it in the list into account. */
const USES: readonly { kind: string; weight: number; use: Use }[] = [
  { kind: 'read over the data API', weight: 30, use: readRest },
  { kind: 'write over the data API', weight: 25, use: writeRest },
  { kind: 'SQL over the REST API', weight: 15, use: writeSql },
  { kind: 'wire protocol: connect, write, read', weight: 25, use: useWire },
  { kind: 'wire protocol: a transaction of seconds', weight: 3, use: holdTransaction },
  { kind: 'wire protocol: LISTEN for seconds', weight: 2, use: listen },
]
const TOTAL_WEIGHT = USES.reduce((sum, { weight }) => sum + weight, 0)

async function useAtRandom(soak: Soak, caller: number, end: number): Promise<void> {
  await sleep(caller * 20)
  while (performance.now() < end) {
    const subject = soak.subjects[Math.floor(Math.random() * soak.subjects.length)]
    const { kind, use } = pick(Math.random() * TOTAL_WEIGHT)
    if (!subject) return
    const started = performance.now()
    try {
      await use(soak, subject)
      const times = soak.times.get(kind) ?? []
      soak.times.set(kind, times)
      times.push(performance.now() - started)
    } catch (error) {
      soak.errorCount++
      const seen = soak.errors.filter((each) => each.kind === kind).length
      if (seen < 5) soak.errors.push({ kind, message: `${subject.id}: ${String(error).slice(0, 300)}` })
    }
    await sleep(Math.random() * 50)
  }
}

function pick(place: number): (typeof USES)[number] {
  let left = place
  const found = USES.find(({ weight }) => {
    left -= weight
    return left < 0
  })
  return found ?? (USES[0] as (typeof USES)[number])
}

async function rest({ options }: Soak, { id, key }: Subject, path: string, init: RequestInit): Promise<void> {
  const headers = { apikey: key, 'content-type': 'application/json' }
  const response = await fetch(new URL(`/db/${id}/rest/v1/${path}`, String(options.stack.url)), {
    ...init,
    headers,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
}

async function readRest(soak: Soak, subject: Subject): Promise<void> {
  await rest(soak, subject, 'log?select=n&order=n.desc&limit=1', {})
}

async function writeRest(soak: Soak, subject: Subject): Promise<void> {
  await rest(soak, subject, 'log', { method: 'POST', body: '{}' })
  subject.acknowledged++
}

async function writeSql({ call }: Soak, subject: Subject): Promise<void> {
  await call('POST', `/customer/databases/${subject.id}/sql`, { query: 'insert into log default values' })
  subject.acknowledged++
}

async function withClient(subject: Subject, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: subject.connectionString })
  const lost = new Promise<never>((_, reject) => client.on('error', reject))
  lost.catch(() => {})
  try {
    await client.connect()
    await Promise.race([work(client), lost])
  } finally {
    void client.end().catch(() => {})
  }
}

function useWire(_: Soak, subject: Subject): Promise<void> {
  return withClient(subject, async (client) => {
    await client.query('insert into log default values')
    subject.acknowledged++
    await client.query('select count(*) from log')
  })
}

function holdTransaction(_: Soak, subject: Subject): Promise<void> {
  return withClient(subject, async (client) => {
    await client.query('begin')
    await client.query('insert into log default values')
    await sleep(1_000 + Math.random() * 4_000)
    await client.query('commit')
    subject.acknowledged++
  })
}

function listen({ call }: Soak, subject: Subject): Promise<void> {
  return withClient(subject, async (client) => {
    const heard = new Promise((resolve) => client.once('notification', resolve))
    await client.query('listen soak')
    await sleep(2_000 + Math.random() * 6_000)
    await call('POST', `/customer/databases/${subject.id}/sql`, { query: 'notify soak' })
    const late = sleep(15_000).then(() => {
      throw new Error('a listener was not told')
    })
    await Promise.race([heard, late])
  })
}

/** Looks without blocking: the callers run in this process too, and one that stands still for seconds looks idle. */
function watchMemory({ options: { stack }, subjects }: Soak) {
  let [mostRunning, greatestStack, greatestServers] = [0, 0, 0]
  const ids = new Set(subjects.map(({ id }) => id))
  const look = async () => {
    const found = await memoryByDatabase(ids)
    const total = [...found.values()].reduce((a, b) => a + b, 0)
    mostRunning = Math.max(mostRunning, found.size)
    greatestServers = Math.max(greatestServers, total)
    greatestStack = Math.max(greatestStack, residentKilobytes(stack.pid))
  }
  let looking = Promise.resolve()
  const timer = setInterval(() => {
    looking = looking.then(look)
  }, 15_000)
  return {
    stop: async () => {
      clearInterval(timer)
      await looking.then(look)
      return { mostRunning, greatestStack, greatestServers }
    },
  }
}

async function findWrong({ call, subjects }: Soak): Promise<string[]> {
  const wrong: string[] = []
  for (const { id, acknowledged } of subjects) {
    const reply = await call('POST', `/customer/databases/${id}/sql`, {
      query: 'select count(*)::int from log',
    })
    const count = (reply as { rows: number[][] }).rows[0]?.[0]
    if (count !== acknowledged) wrong.push(`${id}: ${acknowledged} acknowledged, ${count} there`)
  }
  return wrong
}

/** How many still run when they should all sleep. */
async function untilAsleep({ subjects }: Soak): Promise<number> {
  const running = () => subjects.filter(({ id }) => processesIn(id).length > 0).length
  for (const end = performance.now() + SLEEP_LIMIT_MS; performance.now() < end && running() > 0; )
    await sleep(1_000)
  return running()
}

function summary(kind: string, times: number[]): SoakReport['calls'][number] {
  const sorted = [...times].sort((a, b) => a - b)
  return {
    kind,
    count: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    greatestMs: sorted.at(-1) ?? Number.NaN,
  }
}

/** Whether nothing went wrong. */
export function isClean(report: SoakReport): boolean {
  return (
    report.errorCount === 0 &&
    report.wrongDatabases.length === 0 &&
    report.running.atEnd === 0 &&
    report.leftovers.length === 0
  )
}

export function soakToMarkdown(report: SoakReport): string {
  const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0)
  const mb = (value: number) => `${Math.round(value)} MB`
  const rows = report.calls.map(
    ({ kind, count, p50Ms, p99Ms, greatestMs }) =>
      `| ${kind} | ${count} | ${ms(p50Ms)} | ${ms(p99Ms)} | ${ms(greatestMs)} |`,
  )
  return [
    '| calls, sleep and wake included | count | p50 ms | p99 ms | greatest ms |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `- Errors that a caller saw: ${report.errorCount}`,
    ...report.errors.map(({ kind, message }) => `  - ${kind}: ${message}`),
    `- Rows acknowledged: ${report.acknowledgedRows}; databases that disagree: ${report.wrongDatabases.length}`,
    ...report.wrongDatabases.slice(0, 5).map((text) => `  - ${text}`),
    `- Servers at once: at most ${report.running.most} at any look; ${report.running.atEnd} after the last had its time to sleep`,
    `- Memory of the stack's own process: ${mb(report.stackMb.before)} before, at most ${mb(report.stackMb.greatest)}, ${mb(report.stackMb.end)} in the end`,
    `- Memory of all servers together (PSS): at most ${mb(report.serversMb.greatest)}`,
    `- Left in the data folder that no database owns: ${report.leftovers.length === 0 ? 'nothing' : report.leftovers.join(', ')}`,
    '',
  ].join('\n')
}
