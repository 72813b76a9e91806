import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedEngine, type DatabaseEngine, startMetadataServer } from '@db9/engine'
import { signRequest } from '@db9/internal-api/signature'
import { ALL_ROUTES, type Route } from '@db9/types'
import { hmacKey } from '@db9/types/crypto'
import type { Invalidation } from '@db9/types/internal'
import pg from 'pg'
import { pino } from 'pino'
import { DEFAULT_RETENTION, type ProxyChange } from '../config.ts'
import { functionCalls } from '../functions/calls.ts'
import { type ControlApi, type ControlApiConfig, type ControlApiDeps, createControlApi } from '../index.ts'

export const INTERNAL_SECRET = 'internal-secret-of-the-tests-0123456789'
export const KEY_SECRET = 'key-secret-of-the-tests-0123456789-abc'
/** A key of no installation. */
const LOGIN_KEY = '6b'.repeat(32)
const ENCRYPTION_KEY = '5a'.repeat(32)
/** Limits that only a test of limits reaches. */
const MANY = { burst: 1e6, perHour: 1e6 }

export interface TestReply {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, each asserted where it is used
  json: any
}

export interface CallOptions {
  token?: string | null
  /** Sent as JSON; a string as it is. */
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface TestApi {
  api: ControlApi
  engine: DatabaseEngine
  config: ControlApiConfig
  ownerToken: string
  invalidations: Invalidation[]
  /** Sets what the gateway does with an invalidation, after it was recorded. */
  onInvalidation(react: () => Promise<void>): void
  proxyChanges: ProxyChange[]
  /** What was logged, as text. */
  logged: () => string
  /** Straight to the metadata. */
  metadata: pg.Pool
  call(method: string, path: string, options?: CallOptions): Promise<TestReply>
  /** A signed call of the internal API. */
  internal(method: string, path: string, body?: unknown): Promise<TestReply>
  createDatabase(name: string, options?: CallOptions): Promise<{ id: string; admin_password: string }>
  sql(id: string, body: string | Record<string, unknown>, options?: CallOptions): Promise<TestReply>
  anonymous(): Promise<string>
  /** A new anonymous account with its secret. */
  register(): Promise<{ anonymous_id: string; anonymous_secret: string; token: string }>
  /** Another API over the same metadata, as after a restart. */
  restart(
    engine?: DatabaseEngine,
    changes?: Partial<ControlApiConfig>,
    deps?: Partial<ControlApiDeps>,
  ): Promise<ControlApi>
  dispose(): Promise<void>
}

let addresses = 0

/**
 * The API over a metadata server and an engine of its own, with real Postgres behind both. `functionsOrigin` is where a functions part
 * answers; none does where it is left out.
 */
export async function startTestApi(
  changes: Partial<ControlApiConfig> = {},
  { functionsOrigin = () => undefined }: { functionsOrigin?: () => string | undefined } = {},
): Promise<TestApi> {
  const home = mkdtempSync(join(tmpdir(), 'db9-api-'))
  chmodSync(home, 0o755)
  const metadataServer = await startMetadataServer({ home, loginKey: LOGIN_KEY })
  const engine = await createEmbeddedEngine({ home, loginKey: LOGIN_KEY })
  const invalidations: Invalidation[] = []
  const proxyChanges: ProxyChange[] = []
  let react = async () => {}
  let lines = ''
  const log = pino({ level: 'debug' }, { write: (line: string) => (lines += line) })
  const config: ControlApiConfig = {
    metadata: metadataServer.connection,
    internalSecret: INTERNAL_SECRET,
    keySecret: KEY_SECRET,
    encryptionKey: ENCRYPTION_KEY,
    pgAddress: () => ({ host: '127.0.0.1', port: 5433 }),
    anonymousRegistration: true,
    allowLocalJwks: false,
    trustDirect: true,
    retention: DEFAULT_RETENTION,
    refusalLimits: { perAddress: MANY, logged: MANY },
    changeLimits: { anonymous: MANY, owner: MANY },
    ...changes,
  }
  const notifyInvalidation = async (invalidation: Invalidation) => {
    invalidations.push(invalidation)
    await react()
  }
  const apis: ControlApi[] = []
  const functions = functionCalls({ internalSecret: INTERNAL_SECRET, origin: functionsOrigin })
  const open: TestApi['restart'] = async (using = engine, more = {}, others = {}) => {
    const notifyProxy = async (change: ProxyChange) => void proxyChanges.push(change)
    const deps = { engine: using, notifyInvalidation, notifyProxy, functions, log, ...others }
    const made = await createControlApi({ ...config, ...more }, deps)
    apis.push(made)
    return made
  }
  const api = await open()
  await api.migrate()
  const { token: ownerToken } = await api.ensureOwner()
  if (ownerToken === null) throw new Error('the owner existed already')
  const metadata = new pg.Pool(metadataServer.connection)

  const call: TestApi['call'] = async (
    method,
    path,
    { token = ownerToken, body, headers = {}, signal } = {},
  ) => {
    const request = new Request(`http://control/customer${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    const reply = await toReply(await api.fetch(request))
    requireContract(method, path, reply)
    return reply
  }

  const register: TestApi['register'] = async () => {
    addresses += 1
    const headers = { 'x-db9-client-address': `198.51.100.${addresses}` }
    return (await call('POST', '/anonymous-register', { token: null, headers })).json
  }

  return {
    api,
    engine,
    config,
    ownerToken,
    invalidations,
    onInvalidation: (next) => {
      react = next
    },
    proxyChanges,
    logged: () => lines,
    metadata,
    call,
    internal: async (method, path, body) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const signature = await signRequest({ method, path, body: text }, await hmacKey(INTERNAL_SECRET))
      const init = { method, headers: { 'x-db9-signature': signature }, ...(text && { body: text }) }
      return toReply(await api.fetch(new Request(`http://control${path}`, init)))
    },
    createDatabase: async (name, options = {}) => {
      const reply = await call('POST', '/databases', { ...options, body: { name } })
      if (reply.status !== 201) throw new Error(reply.text)
      return reply.json
    },
    sql: (id, body, options = {}) =>
      call('POST', `/databases/${id}/sql`, {
        ...options,
        body: typeof body === 'string' ? { query: body } : body,
      }),
    anonymous: async () => (await register()).token,
    register,
    restart: open,
    dispose: async () => {
      for (const each of apis) await each.close()
      await metadata.end()
      await engine.close()
      await metadataServer.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** The engine with some of its steps replaced: where the process dies or the disk is full. */
export function engineWith(engine: DatabaseEngine, changes: Partial<DatabaseEngine>): DatabaseEngine {
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

export async function toReply(response: Response): Promise<TestReply> {
  const text = await response.text()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { status: response.status, headers: response.headers, text, json }
}

/** Throws where a reply has other fields than the contract names. */
function requireContract(method: string, path: string, { status, json }: TestReply): void {
  const route = ALL_ROUTES.find(
    (each) => each.method === method.toLowerCase() && matches(each, `/customer${path}`),
  )
  if (!route || status >= 400) {
    if (status >= 400 && typeof json?.message !== 'string')
      throw new Error(`${method} ${path}: an error without message`)
    return
  }
  const declared = route.responses[status]
  if (!declared) throw new Error(`${route.operationId} does not declare ${status}`)
  const body = status === 204 ? null : json
  const parsed = declared.schema.parse(body)
  if (JSON.stringify(sorted(parsed)) !== JSON.stringify(sorted(body))) {
    throw new Error(`${route.operationId} answers other fields than it declares: ${JSON.stringify(json)}`)
  }
}

function matches(route: Route, path: string): boolean {
  const pattern = route.path.replaceAll(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${pattern}$`).test(path.replace(/\?.*$/, ''))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}
