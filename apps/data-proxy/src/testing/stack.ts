/** What the tests share: an engine with one database in it, and a proxy before them that asks the engine itself. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  childInNamespace,
  createEmbeddedEngine,
  type EmbeddedEngine,
  EngineError,
  loginsIn,
} from '@db9/engine'
import { mintSqlCredential } from '@db9/internal-api/sql-credential'
import { makeScramVerifier, parseVerifier } from '@db9/postgres/scram/verifier'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import pg from 'pg'
import { pino } from 'pino'
import type { LoginLimits } from '../auth/login-limits.ts'
import type { ControlClient } from '../control-client.ts'
import { unavailable } from '../errors.ts'
import type { ConnectionCaps } from '../pgwire/connection-caps.ts'
import { createDataProxy, type DataProxy, type DataProxyConfig } from '../proxy.ts'

export const INTERNAL_SECRET = 'a secret of thirty-two characters'
/** Of no installation. */
const LOGIN_KEY = '7c'.repeat(32)
export const PASSWORD = 'correct horse battery staple'
export const DATABASE_NAME = 'shop'

export interface ConnectKey {
  id: string
  role: string
  secret: string
}

export interface Stack {
  engine: EmbeddedEngine
  proxy: DataProxy
  control: ControlClient
  /** Of its database; a test may add and remove some. */
  connectKeys: ConnectKey[]
  id: string
  pgPort: number
  httpPort: number
  /** Lines that the proxy logged. */
  logged: string[]
  connectionString(options?: { role?: string; password?: string; id?: string }): string
  credential(options?: { role?: string; id?: string; expiresAt?: number }): Promise<string>
  /** A session on the server's own socket. */
  direct(user?: string): Promise<pg.Client>
  /** The pid on this machine of the server process that knows itself by another. */
  pidOf(backendPid: number): Promise<number>
  close(): Promise<void>
}

export async function startStack(
  options: {
    control?: (inner: ControlClient) => ControlClient
    handshakeLimitMs?: number
    requestTimeoutMs?: number
    loginLimits?: LoginLimits
    connectionCaps?: ConnectionCaps
    maxRunning?: number
    listenIdleMs?: number
    tls?: DataProxyConfig['tls']
    /** Its database has part in a share of the places. */
    isShared?: boolean
  } = {},
): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'db9-proxy-'))
  chmodSync(folder, 0o755)
  const id = newId('database')
  const engine = await createEmbeddedEngine({
    home: join(folder, 'home'),
    loginKey: LOGIN_KEY,
    release: async (databaseId, _, why) => proxy.release(databaseId, why),
    sharesOf: async (each) =>
      options.isShared === true && each === id ? [{ name: 'strangers', most: 1 }] : [],
    ...(options.maxRunning !== undefined && { maxRunning: options.maxRunning }),
  })
  await engine.create({ id, adminVerifier: makeScramVerifier(PASSWORD) })
  await engine.connect(id)
  const connectKeys: ConnectKey[] = []
  const inner = controlOf(engine, new Set([id]), connectKeys)
  const control = options.control?.(inner) ?? inner
  const logged: string[] = []
  const proxy: DataProxy = await createDataProxy({
    host: '127.0.0.1',
    pgPort: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    internalSecret: INTERNAL_SECRET,
    control,
    ...(options.connectionCaps === undefined ? {} : { connectionCaps: options.connectionCaps }),
    ...(options.handshakeLimitMs === undefined ? {} : { handshakeLimitMs: options.handshakeLimitMs }),
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
    ...(options.tls && { tls: options.tls }),
    ...(options.loginLimits && { loginLimits: options.loginLimits }),
    ...(options.listenIdleMs !== undefined && { listenIdleMs: options.listenIdleMs }),
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  })
  const ports = await proxy.listen()
  const key = await hmacKey(INTERNAL_SECRET)
  return {
    engine,
    proxy,
    control,
    connectKeys,
    id,
    ...ports,
    logged,
    connectionString: ({ role = 'admin', password = PASSWORD, id: of = id } = {}) =>
      `postgresql://${of}.${role}:${encodeURIComponent(password)}@127.0.0.1:${ports.pgPort}/postgres`,
    credential: ({ role = 'authenticator', id: databaseId = id, expiresAt = inSeconds(60) } = {}) =>
      mintSqlCredential({ databaseId, role, expiresAt }, key),
    direct: async (user = 'admin') => {
      const { address } = await engine.connect(id)
      if (address.kind !== 'unix') throw new Error('not a unix socket')
      const ofOurs = () => loginsIn(join(engine.dataFolder, id), LOGIN_KEY).password(user)
      const password = user === 'admin' ? PASSWORD : ofOurs()
      const client = new pg.Client({ host: dirname(address.path), user, password, database: 'postgres' })
      client.on('error', () => {})
      await client.connect()
      return client
    },
    pidOf: async (backendPid) => {
      const postmaster = Number((await engine.connect(id)).epoch.split('-')[0])
      return childInNamespace(postmaster, backendPid) ?? backendPid
    },
    close: async () => {
      await proxy.close()
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

/** Answers as the control API does, from the engine. */
function controlOf(
  engine: EmbeddedEngine,
  live: ReadonlySet<string>,
  connectKeys: readonly ConnectKey[],
): ControlClient {
  return {
    connect: async (databaseId, { refused }) => {
      if (!live.has(databaseId)) return null
      if (refused) await engine.restoreLogins(databaseId).catch(toUnavailable)
      const { maxConnections, ...running } = await engine.connect(databaseId).catch(toUnavailable)
      return { ...running, name: DATABASE_NAME, max_connections: maxConnections }
    },
    verifier: async (databaseId, { role, salting }) => {
      if (!live.has(databaseId)) return null
      const own = await engine.roleVerifier(databaseId, role).catch(toUnavailable)
      const { salt, iterations } = (own && parseVerifier(own.verifier)) ?? {
        salt: Buffer.from(salting.salt, 'base64'),
        iterations: salting.iterations,
      }
      const credentials = connectKeys
        .filter((key) => key.role === role)
        .map(({ id, secret }) => ({
          kind: 'connect_key' as const,
          id,
          verifier: makeScramVerifier(secret, { salt, iterations }),
        }))
      return { verifier: own?.verifier ?? null, held: own?.held ?? false, credentials }
    },
    login: async (databaseId, role) =>
      live.has(databaseId)
        ? { password: await engine.rolePassword(databaseId, role).catch(toUnavailable) }
        : null,
  }
}

function toUnavailable(error: unknown): never {
  throw error instanceof EngineError ? unavailable(error.message) : error
}
