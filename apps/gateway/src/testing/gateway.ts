/** The gateway in a real workerd, with recording parts behind it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { SIGNATURE_HEADER, signRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { DATA_API_DEFAULTS, type KeyConfig } from '@db9/types/internal'
import { newKeyValue } from '@db9/types/keys'
import { buildGateway, type WorkerdConfigOptions, workerdConfig } from '../../build.ts'
import { startControl, startProxy, type TestControl, type TestProxy } from './parts.ts'

const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string }
const KEY_SECRET = 'test-key-secret-'.repeat(2)
const INTERNAL_SECRET = 'test-internal-se'.repeat(2)
export const METRICS_TOKEN = 'metrics-of-the-tests'

export interface TestGateway {
  url: string
  control: TestControl
  proxy: TestProxy
  /** What workerd wrote to its standard streams. */
  log(): string
  /** What workerd has of the machine's memory (bytes); null where the system does not tell. */
  memory(): number | null
  /** Files that the Durable Objects have on the disk. */
  objectFiles(): string[]
  addKey(change?: (config: KeyConfig) => void): Promise<TestKey>
  /** Tells the gateway of a change, as the control API would. */
  invalidate(key: TestKey, headers?: Record<string, string>): Promise<Response>
  sign(method: string, path: string, body: string): Promise<string>
  /** Kills workerd and starts it again on what it had stored; gives its new URL. */
  restart(): Promise<string>
  stop(): Promise<void>
}

export interface TestKey {
  value: string
  databaseId: string
  config: KeyConfig
  /** `/db/{id}/rest/v1` */
  base: string
}

export async function startTestGateway(options: Partial<WorkerdConfigOptions> = {}): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'db9-gateway-'))
  mkdirSync(join(folder, 'objects'))
  const [control, proxy] = await Promise.all([startControl(INTERNAL_SECRET), startProxy(INTERNAL_SECRET)])
  await buildGateway(join(folder, 'gateway.js'))
  const config = workerdConfig({
    script: 'gateway.js',
    address: '127.0.0.1:0',
    control: `127.0.0.1:${control.port}`,
    dataProxy: `127.0.0.1:${proxy.port}`,
    storageFolder: join(folder, 'objects'),
    allowLocalJwks: true,
    dataDomain: 'data.localhost',
    allowedHosts: 'localhost,127.0.0.1',
    metrics: true,
    // All tests of a file come from one address.
    failedRequests: 0,
    ...options,
  })
  writeFileSync(join(folder, 'config.capnp'), config)
  let workerd = await startWorkerd(folder)
  const url = `http://127.0.0.1:${workerd.port}`
  const keySecret = await hmacKey(KEY_SECRET)
  const internalSecret = await hmacKey(INTERNAL_SECRET)
  const sign = (method: string, path: string, body: string) =>
    signRequest({ method, path, body }, internalSecret)

  return {
    url,
    control,
    proxy,
    sign,
    log: () => workerd.log(),
    memory: () => workerd.memory(),
    objectFiles: () => readdirSync(join(folder, 'objects'), { recursive: true }).map(String).sort(),
    async restart() {
      await workerd.stop()
      workerd = await startWorkerd(folder)
      return `http://127.0.0.1:${workerd.port}`
    },
    async addKey(change = () => {}) {
      const id = newId('publishableKey')
      const databaseId = newId('database')
      const value = await newKeyValue('publishableKey', id, keySecret)
      const config = keyConfig(id, databaseId, await sha256(value))
      change(config)
      control.keys.set(id, config)
      return { value, databaseId, config, base: `${url}/db/${databaseId}/rest/v1` }
    },
    async invalidate(key, headers = {}) {
      const path = '/internal/invalidate'
      const body = JSON.stringify({ database_id: key.databaseId, key_ids: [key.config.key.id] })
      const signature = await sign('POST', path, body)
      return fetch(url + path, {
        method: 'POST',
        body,
        headers: { [SIGNATURE_HEADER]: signature, ...headers },
      })
    },
    async stop() {
      await workerd.stop()
      await Promise.all([control.close(), proxy.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function keyConfig(id: string, databaseId: string, sha256Hex: string): KeyConfig {
  return {
    version: 1,
    key: {
      id,
      sha256: sha256Hex,
      status: 'active',
      expires_at: null,
      limit_group: id,
      allowed_origins: null,
      allow_no_origin: false,
      exposed_schemas: ['public'],
      exposed_tables: null,
      exposed_functions: [],
      require_rls: true,
      rate_limit: { rps: 1000, burst: 2000, costs: { write: 1, rpc: 1 } },
      on_limiter_failure: 'reads',
    },
    database: { id: databaseId, state: 'ACTIVE' },
    byo_jwt: null,
    sync_users: false,
    data_api: structuredClone(DATA_API_DEFAULTS),
  }
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Buffer.from(digest).toString('hex')
}

interface Workerd extends Pick<TestGateway, 'log' | 'memory' | 'stop'> {
  port: number
}

async function startWorkerd(folder: string): Promise<Workerd> {
  const child = spawn(WORKERD, ['serve', '--control-fd=3', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      DB9_KEY_SECRET: KEY_SECRET,
      DB9_INTERNAL_SECRET: INTERNAL_SECRET,
      DB9_METRICS_TOKEN: METRICS_TOKEN,
    },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += String(chunk)))
  const port = await listeningPort(child, () => log)
  return {
    port,
    log: () => log,
    memory: () => residentBytes(child.pid),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

function residentBytes(pid: number | undefined): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024
  } catch {
    return null
  }
}

function listeningPort(child: ChildProcess, log: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`workerd ended: ${log()}`)))
    const control = child.stdio[3] as Readable
    control.on('data', (chunk) => {
      for (const line of String(chunk).split('\n').filter(Boolean)) {
        const event = JSON.parse(line) as { event: string; port?: number }
        if (event.event === 'listen' && event.port) resolve(event.port)
      }
    })
  })
}
