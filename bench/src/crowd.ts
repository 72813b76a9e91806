/** A crowd: many keys and many signed-in users at once. What the gateway remembers of them is bounded, and each key can be shut. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Announced, Children } from './children.ts'
import { SCHEMA, startIssuer } from './fixture.ts'
import { type LoadResult, requestBytes, runLoad } from './load.ts'
import { processesIn } from './processes.ts'
import type { Measure } from './report.ts'
import { type RestCall, restClient, textField } from './rest.ts'
import { quantile, zipf } from './stats.ts'

const STACK = fileURLToPath(new URL('servers/stack.ts', import.meta.url))
/** A database has at most so many keys that live. */
const KEYS_EACH = 100
const ROUND_SECONDS = 20
/** Requests made beforehand for a round; sent again from the first where a round needs more. */
const ROUND_REQUESTS = 30_000
const CONNECTIONS = 32
const REVOKED = 200
const AT_ONCE = 10

export interface CrowdOptions {
  children: Children
  folder: string
  keys: number
  subjects: number
  requests: number
  say(text: string): void
}

interface Key {
  id: string
  value: string
  databaseId: string
}

export async function measureCrowd(options: CrowdOptions): Promise<Measure[]> {
  const { children, folder, keys: keyCount, subjects, requests, say } = options
  const home = join(folder, 'crowd')
  const stack = await children.node('crowd', { script: STACK, env: { DB9_HOME: home } })
  const call = restClient({ url: String(stack.url), token: String(stack.token) })
  const issuer = await startIssuer()
  try {
    say(`Making ${keyCount} keys of ${Math.ceil(keyCount / KEYS_EACH)} databases and ${subjects} tokens …`)
    const keys = await makeKeys(call, keyCount, issuer.issuer)
    const tokens = await Promise.all(
      Array.from({ length: subjects }, (_, n) => issuer.sign(`user-${n}`, String(n))),
    )
    const ask = (key: number, subject: number) =>
      readBytes(stack.port, keys[key] as Key, tokens[subject] as string)
    const memory = () => memoryOf(home, stack.pid)
    const before = memory()
    say('Sending each request with another key …')
    const coldLoad = await runLoad({
      port: stack.port,
      requests: keys.map((_, n) => ask(n, n % subjects)),
      connections: CONNECTIONS,
      seconds: ROUND_SECONDS,
      expect: 200,
    })
    const cold: Cold = { ...coldLoad, memory: memory() }
    say(`Sending ${requests} requests …`)
    const pickKey = zipf(keyCount, Math.random)
    const pickSubject = zipf(subjects, Math.random)
    const load = await send(() => ask(pickKey(), pickSubject()), { port: stack.port, requests, say, memory })
    say(`Revoking ${REVOKED} keys …`)
    const times = await revokeSome(call, stack, keys.slice(0, REVOKED), tokens[0] as string)
    return toMeasures({ ...options, before, cold, load, times })
  } finally {
    issuer.server.close()
    await children.stop('crowd')
  }
}

async function makeKeys(call: RestCall, count: number, issuer: string): Promise<Key[]> {
  const keys: Key[] = []
  while (keys.length < count) {
    const name = `crowd-${keys.length}`
    const databaseId = textField(await call('POST', '/customer/databases', { name }), 'id')
    const database = `/customer/databases/${databaseId}`
    await call('POST', `${database}/sql`, { file_content: SCHEMA })
    const byo_jwt = { issuer, jwks_url: `${issuer}/jwks.json`, audience: 'bench' }
    await call('PUT', `${database}/auth-config`, { byo_jwt })
    const more = Math.min(KEYS_EACH, count - keys.length)
    for (let i = 0; i < more; i++) {
      const body = { name: 'crowd', exposed_tables: ['items'], rate_limit: { rps: 1000, burst: 2000 } }
      const reply = await call('POST', `${database}/publishable-keys`, body)
      keys.push({ id: textField(reply, 'id'), value: textField(reply, 'publishable_key'), databaseId })
    }
  }
  return keys
}

function readBytes(port: number, key: Key, token: string): Buffer {
  return requestBytes({
    path: `/db/${key.databaseId}/rest/v1/items?select=id&limit=1`,
    port,
    headers: { apikey: key.value, authorization: `Bearer ${token}` },
  })
}

interface Memory {
  gatewayMb: number
  stackMb: number
}

interface Cold extends LoadResult {
  memory: Memory
}

interface CrowdLoad {
  sent: number
  perSecond: number
  failures: number
  firstFailure: string | null
  /** After each round. */
  memory: Memory[]
}

async function send(
  ask: () => Buffer,
  options: { port: number; requests: number; say(text: string): void; memory: () => Memory },
): Promise<CrowdLoad> {
  const load: CrowdLoad = { sent: 0, perSecond: 0, failures: 0, firstFailure: null, memory: [] }
  let seconds = 0
  while (load.sent < options.requests) {
    const result = await runLoad({
      port: options.port,
      requests: Array.from({ length: ROUND_REQUESTS }, ask),
      connections: CONNECTIONS,
      seconds: ROUND_SECONDS,
      expect: 200,
    })
    load.sent += Math.round(result.perSecond * result.elapsedSeconds) + result.failures
    seconds += result.elapsedSeconds
    load.failures += result.failures
    load.firstFailure ??= result.firstFailure
    load.memory.push(options.memory())
    options.say(`  ${load.sent} sent, ${load.failures} failed, ${JSON.stringify(load.memory.at(-1))}`)
  }
  load.perSecond = (load.sent - load.failures) / seconds
  return load
}

/** Resident memory of the gateway's workerd and of the process that is everything else but Postgres. */
function memoryOf(home: string, stackPid: number): Memory {
  const gateway = processesIn(join(home, 'run')).reduce((sum, pid) => sum + residentMb(pid), 0)
  return { gatewayMb: Math.round(gateway), stackMb: Math.round(residentMb(stackPid)) }
}

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

/** Milliseconds from sending each DELETE to the last 200 that a steady reader of the key got. */
async function revokeSome(call: RestCall, { url }: Announced, keys: Key[], token: string): Promise<number[]> {
  const times: number[] = []
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const some = keys.slice(from, from + AT_ONCE)
    times.push(...(await Promise.all(some.map((key) => revokeOne(call, String(url), key, token)))))
  }
  return times.sort((left, right) => left - right)
}

async function revokeOne(call: RestCall, url: string, key: Key, token: string): Promise<number> {
  const path = `${url}/db/${key.databaseId}/rest/v1/items?select=id&limit=1`
  const headers = { apikey: key.value, authorization: `Bearer ${token}` }
  const read = async () => (await fetch(path, { headers })).status
  if ((await read()) !== 200) throw new Error('a key did not work before it was revoked')
  const started = performance.now()
  let last = started
  const revoked = call('DELETE', `/customer/databases/${key.databaseId}/publishable-keys/${key.id}`)
  while (performance.now() - started < 10_000 && (await read()) === 200) last = performance.now()
  await revoked
  return last - started
}

function toMeasures({
  keys,
  subjects,
  before,
  cold,
  load,
  times,
}: CrowdOptions & { before: Memory; cold: Cold; load: CrowdLoad; times: number[] }): Measure[] {
  const crowd = `${load.sent} requests, ${keys} keys, ${subjects} subjects, both drawn by Zipf’s law`
  const middle = load.memory[Math.floor(load.memory.length / 2)] ?? before
  const last = load.memory.at(-1) ?? before
  const detail = (from: number, half: number) => `${from} MB before, ${half} MB half-way; ${crowd}`
  const failed = load.failures > 0 ? `${load.failures} failed: ${load.firstFailure}` : crowd
  return [
    {
      name: 'A crowd: requests served, each with another key than those before',
      unit: '/s',
      value: cold.failures > 0 ? null : cold.perSecond,
      detail:
        cold.firstFailure ?? `gateway ${cold.memory.gatewayMb} MB after it; p99 ${Math.round(cold.p99Ms)} ms`,
    },
    {
      name: 'A crowd: requests served',
      unit: '/s',
      value: load.failures > 0 ? null : load.perSecond,
      detail: failed,
    },
    {
      name: 'A crowd: memory of the gateway',
      unit: 'MB',
      value: last.gatewayMb,
      detail: detail(before.gatewayMb, middle.gatewayMb),
    },
    {
      name: 'A crowd: memory of control API, proxy and engine',
      unit: 'MB',
      value: last.stackMb,
      detail: detail(before.stackMb, middle.stackMb),
    },
    {
      name: 'A crowd: revocation, DELETE to last success, p99',
      unit: 'ms',
      value: quantile(times, 0.99),
      detail: `${times.length} keys, ${AT_ONCE} at once; median ${Math.round(quantile(times, 0.5))} ms`,
    },
  ]
}
