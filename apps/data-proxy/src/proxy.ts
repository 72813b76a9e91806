/** The data proxy: its two listeners and what they share. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS } from '@db9/types/internal'
import type { Logger } from 'pino'
import { Logins } from './auth/login.ts'
import { DEFAULT_LOGIN_LIMITS, type LoginLimits } from './auth/login-limits.ts'
import { BATCH_ROUTE, BATCHES_ROUTE } from './batch/handle.ts'
import type { ControlClient } from './control-client.ts'
import { controlRoutes } from './control-routes.ts'
import { Directory } from './directory/directory.ts'
import { exchange, type HttpDeps, type Route } from './http/exchange.ts'
import { CancelKeys } from './pgwire/cancel-keys.ts'
import { Clients, type ReleaseReason } from './pgwire/clients.ts'
import { type ConnectionCaps, DEFAULT_CONNECTION_CAPS, OpenConnections } from './pgwire/connection-caps.ts'
import { CredentialSessions } from './pgwire/credential-sessions.ts'
import type { TlsPolicy } from './pgwire/negotiate.ts'
import { type PgListenerDeps, serveClient } from './pgwire/session.ts'
import { Pools } from './sessions/pools.ts'
import { SQL_ROUTE } from './sql-over-http/handle.ts'

export interface DataProxyConfig {
  /** Where the wire protocol listens; port 0 chooses a free one. */
  host: string
  pgPort: number
  /** Where `POST /sql` and the gateway's batches listen. */
  httpHost: string
  httpPort: number
  /** Verifies the gateway's SQL credentials. */
  internalSecret: string
  control: ControlClient
  /** Of the wire protocol; left out: none is offered. */
  tls?: Omit<TlsPolicy, 'handshakeMs'>
  log: Logger
  /** What a client of the wire protocol has to log in. */
  handshakeLimitMs?: number
  /** What a request over HTTP may take to come in whole, where it is not the usual. */
  requestTimeoutMs?: number
  /** What a client of HTTP may take nothing of its reply, where it is not the usual. */
  replyIdleMs?: number
  loginLimits?: LoginLimits
  /** Of open connections of the wire protocol, where they are not the usual. */
  connectionCaps?: ConnectionCaps
  /** After which a client that only listens gives its place to others that wait, where it is not the usual. */
  listenIdleMs?: number
}

export interface DataProxy {
  listen(): Promise<{ pgPort: number; httpPort: number }>
  /**
   * Releases a database whose server is to stop, or to be used otherwise: pooled sessions end as soon as they are idle,
   * and its address is asked for anew. False where a request is under way, a client logs in, or one listens;
   * `forPlace`: not for one that has only listened for long.
   */
  release(databaseId: string, why?: ReleaseReason): boolean
  /** Ends what is open for a database that is gone, and forgets its logins. */
  dropDatabase(databaseId: string): void
  /** Checks every login of a database anew from now on: its passwords changed. */
  forgetLogins(databaseId: string): void
  /** Ends the sessions that a connect key or token has opened, and gives the pids of their backends. */
  endCredential(credentialId: string): number[]
  /** Stops listening, lets HTTP requests under way end for a second, and sends a shutdown notice to the wire protocol's clients. */
  close(): Promise<void>
}

/** A wake is part of it, which may first have to wait for a place. */
const HANDSHAKE_LIMIT_MS = 25_000
const TLS_HANDSHAKE_MS = 10_000
const KEEP_ALIVE_MS = 60_000
const REQUESTS_END_MS = 1_000
/** A request that does not come in whole is answered with 408. The gateway sends its own at once. */
const REQUEST_TIMEOUT_MS = 35_000

/** Postgres for every client: the wire protocol and SQL over HTTP. */
export async function createDataProxy(config: DataProxyConfig): Promise<DataProxy> {
  const { control, log, handshakeLimitMs = HANDSHAKE_LIMIT_MS } = config
  const directory = new Directory(control)
  const internalKey = await hmacKey(config.internalSecret)
  const logins = new Logins({
    control,
    internalKey,
    internalSecret: config.internalSecret,
    limits: config.loginLimits ?? DEFAULT_LOGIN_LIMITS,
  })
  const pools = new Pools(directory)
  const clients = new Clients(config)
  const credentialSessions = new CredentialSessions()
  const pgDeps: PgListenerDeps = {
    logins,
    directory,
    cancelKeys: new CancelKeys(),
    clients,
    credentialSessions,
    handshakeLimitMs,
    tls: config.tls ? { ...config.tls, handshakeMs: Math.min(TLS_HANDSHAKE_MS, handshakeLimitMs) } : null,
    log,
  }
  const httpDeps: HttpDeps = { logins, directory, pools, log, replyIdleMs: config.replyIdleMs }
  const release: DataProxy['release'] = (databaseId, why) => {
    directory.forget(databaseId)
    return pools.releaseIdle(databaseId) && !clients.needs(databaseId, why)
  }

  const dropDatabase = (databaseId: string) => {
    directory.forget(databaseId)
    logins.forget(databaseId)
    pools.drop(databaseId)
    clients.endDatabase(databaseId)
  }
  const forgetLogins = (databaseId: string) => logins.forget(databaseId)
  const endCredential = (credentialId: string) => credentialSessions.revoke(credentialId)
  const actions = { release, dropDatabase, forgetLogins, endCredential }
  const findControlRoute = controlRoutes(internalKey, actions)

  const connections = new OpenConnections(config.connectionCaps ?? DEFAULT_CONNECTION_CAPS)
  const onConnection = (client: Socket) => {
    if (!connections.admit(client)) return
    clients.add(client)
    void serveClient(client, { ...pgDeps, onLoggedIn: () => connections.loggedIn(client) })
  }
  const pgServer = createServer(onConnection)
  // Programs that look up "localhost" may take this address alone.
  const pgServer6 = createServer(onConnection)
  const requestTimeout = config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const times = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval: Math.min(1_000, requestTimeout),
  }
  const httpServer = createHttpServer(times, (request, response) =>
    route(request, response, httpDeps, findControlRoute),
  )

  return {
    listen: async () => ({
      pgPort: await listenOnLoopback(pgServer, pgServer6, config),
      httpPort: await listen(httpServer, config.httpPort, config.httpHost),
    }),
    release,
    dropDatabase,
    forgetLogins,
    endCredential,
    close: async () => {
      const closed = Promise.all([pgServer, pgServer6, httpServer].map(closeServer))
      clients.endAll()
      httpServer.closeIdleConnections()
      const patience = setTimeout(() => httpServer.closeAllConnections(), REQUESTS_END_MS)
      await closed
      clearTimeout(patience)
      pools.close()
    },
  }
}

function route(
  request: IncomingMessage,
  response: ServerResponse,
  deps: HttpDeps,
  findControlRoute: (path: string) => Route | undefined,
): void {
  const path = request.url ?? ''
  const posted = request.method === 'POST' ? (POSTED[path] ?? findControlRoute(path)) : undefined
  if (posted) {
    void exchange(request, response, deps, posted)
    return
  }
  if (request.url === '/sql' && request.method === 'OPTIONS') {
    response.writeHead(204, PREFLIGHT).end()
    return
  }
  const isHealth = request.url === INTERNAL_PATHS.health && request.method === 'GET'
  response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' })
  response.end(isHealth ? '{"status":"ok"}' : '{"message":"not found"}')
}

const POSTED: Record<string, Route> = {
  '/sql': SQL_ROUTE,
  [INTERNAL_PATHS.batch]: BATCH_ROUTE,
  [INTERNAL_PATHS.batches]: BATCHES_ROUTE,
}

const PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'authorization, content-type, neon-connection-string, neon-raw-text-output, neon-array-mode, neon-pool-opt-in, ' +
    'neon-batch-read-only, neon-batch-isolation-level, neon-batch-deferrable',
  'access-control-max-age': '86400',
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** The port. Where it is of 127.0.0.1, the other server listens on it at ::1, as far as this machine has that. */
async function listenOnLoopback(
  server: Server,
  other: Server,
  { host, pgPort, log }: Pick<DataProxyConfig, 'host' | 'pgPort' | 'log'>,
): Promise<number> {
  const port = await listen(server, pgPort, host)
  if (host !== '127.0.0.1' && host !== 'localhost') return port
  await listen(other, port, '::1').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT')
      log.warn({ err: error, port }, 'clients are not served at [::1]')
  })
  return port
}

/** Also where it never listened. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
