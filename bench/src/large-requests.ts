/**
 * Large requests of one database beside the reads of another account's: bodies that are small texts and large trees, and
 * descriptions of a large schema. The gateway works on all of them in one process.
 */
import type { Announced } from './children.ts'
import { p99, readFor } from './neighbours.ts'
import type { Measure } from './report.ts'
import { type RestCall, restClient, textField } from './rest.ts'

export interface LargeRequestsOptions {
  stack: Announced
  /** Of each measured stretch. */
  seconds: number
  say(text: string): void
}

const ROUNDS = 3
const AT_ONCE = 4
/** Between two reads, in milliseconds. */
const PAUSE_MS = 20
const TABLES = 100
const COLUMNS = 100
/** Just within a body's default cap: 349,000 empty lists. */
const TREE = `{"j":[${Array(349_000).fill('[]').join()}]}`

interface Place {
  url: string
  key: string
}

export async function measureLargeRequests({
  stack,
  seconds,
  say,
}: LargeRequestsOptions): Promise<Measure[]> {
  const url = String(stack.url)
  const call = restClient({ url, token: String(stack.token) })
  const columns = Array.from({ length: COLUMNS }, (_, i) => `c${i} text`).join()
  const large = Array.from({ length: TABLES }, (_, i) => `create table t${i} (${columns})`).join(';')
  const quiet = await makePlace(
    call,
    url,
    'reader',
    'create table t as select 1 as n; grant select on t to anon',
  )
  const noisy = await makePlace(
    call,
    url,
    'large',
    `${large}; create table docs (j jsonb); grant all on all tables in schema public to anon`,
  )
  const read = () => ask(quiet, 't?select=n')
  const noises: [string, () => Promise<void>][] = [
    [
      `${AT_ONCE} bodies of 1 MiB of empty lists at once`,
      () =>
        ask(noisy, 'docs', { method: 'POST', body: TREE, headers: { 'content-type': 'application/json' } }),
    ],
    [`${AT_ONCE} descriptions of ${TABLES} tables of ${COLUMNS} columns at once`, () => ask(noisy, '')],
  ]
  const alone: number[] = []
  const beside = noises.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    say(`Reading alone, then beside large requests, round ${round + 1} of ${ROUNDS} …`)
    alone.push(...(await readFor(seconds, read, PAUSE_MS)))
    for (const [i, [, request]] of noises.entries()) {
      const stop = repeat(request)
      beside[i]?.push(...(await readFor(seconds, read, PAUSE_MS)))
      await stop()
    }
  }
  const quietMs = p99(alone)
  return [
    { name: 'Reads every 20 ms alone, p99', unit: 'ms', value: quietMs, detail: `${alone.length} reads` },
    ...noises.map(([what], i): Measure => {
      const times = beside[i] ?? []
      const value = p99(times) / quietMs
      const detail = `p99 ${p99(times).toFixed(1)} ms, at most ${Math.max(...times).toFixed(0)} ms, ${times.length} reads`
      return { name: `The same beside ${what}, p99 as a ratio`, unit: '×', value, detail }
    }),
  ]
}

async function makePlace(call: RestCall, url: string, name: string, query: string): Promise<Place> {
  const id = textField(await call('POST', '/customer/databases', { name }), 'id')
  await call('POST', `/customer/databases/${id}/sql`, { query })
  const key = await call('POST', `/customer/databases/${id}/publishable-keys`, {
    name,
    require_rls: false,
    rate_limit: { rps: 10_000, burst: 10_000 },
  })
  return { url: `${url}/db/${id}/rest/v1/`, key: textField(key, 'publishable_key') }
}

/** Fails for what is neither served nor told to come again. */
async function ask({ url, key }: Place, path: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(url + path, { ...init, headers: { ...init.headers, apikey: key } })
  await response.arrayBuffer()
  if (!response.ok && response.status !== 429) throw new Error(`${path} was answered ${response.status}`)
}

/** Again and again, several at once; gives what ends it. */
function repeat(request: () => Promise<void>): () => Promise<unknown> {
  let isOver = false
  const work = Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (!isOver) await request()
    }),
  )
  work.catch(() => undefined)
  return () => {
    isOver = true
    return work
  }
}
