import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { hmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS } from '@db9/types/internal'
import type { Logger } from 'pino'
import type { ControlClient } from './control-client.ts'
import { Directory } from './directory.ts'
import { Logins } from './login.ts'
import { CancelKeys } from './pgwire/cancel-keys.ts'
import { type ConnectionCounts, serveClient } from './pgwire/session.ts'
import { handleSql } from './sql-over-http/handle.ts'
import { Pools } from './upstream/pools.ts'
import { errorResponse } from './wire/backend.ts'

export interface DataProxyConfig {
  /** Where the wire protocol listens; port 0 chooses a free one. */
  host: string
  pgPort: number
  /** Where `POST /sql` listens. */
  httpHost: string
  httpPort: number
  /** Verifies the gateway's SQL credentials. */
  internalSecret: string
  control: ControlClient
  log: Logger
}

export interface DataProxy {
  listen(): Promise<{ pgPort: number; httpPort: number }>
  /** Ends what is open for a database that is gone, and forgets its logins. */
  dropDatabase(databaseId: string): void
  close(): Promise<void>
}

/** Postgres for every client: the wire protocol and SQL over HTTP. */
export async function createDataProxy(config: DataProxyConfig): Promise<DataProxy> {
  const directory = new Directory(config.control)
  const logins = new Logins(config.control, await hmacKey(config.internalSecret))
  const pools = new Pools(directory)
  const clients = new Set<Socket>()
  const counts: ConnectionCounts = new Map()
  const pgDoor = { logins, directory, cancelKeys: new CancelKeys(), counts, log: config.log }
  const sqlDoor = { logins, directory, pools, log: config.log }

  // Half-open: a client that has sent its last message may still wait for the answer.
  const pgServer = createServer({ allowHalfOpen: false }, (client) => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    void serveClient(client, pgDoor)
  })
  const httpServer = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void route(request, response, () => handleSql(request, response, sqlDoor))
  })

  return {
    listen: async () => ({
      pgPort: await listen(pgServer, config.pgPort, config.host),
      httpPort: await listen(httpServer, config.httpPort, config.httpHost),
    }),
    dropDatabase: (databaseId) => {
      directory.forget(databaseId)
      logins.forget(databaseId)
      pools.drop(databaseId)
    },
    close: async () => {
      const closed = Promise.all([closeServer(pgServer), closeServer(httpServer)])
      for (const client of clients) client.end(errorResponse('FATAL', '57P01', 'the server is shutting down'))
      setTimeout(() => {
        for (const client of clients) client.destroy()
      }, 200).unref()
      httpServer.closeAllConnections()
      await closed
      pools.close()
    },
  }
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  sql: () => Promise<void>,
): Promise<void> {
  if (request.url === '/sql' && request.method === 'POST') return sql()
  if (request.url === '/sql' && request.method === 'OPTIONS') {
    response.writeHead(204, PREFLIGHT).end()
    return
  }
  const isHealth = request.url === INTERNAL_PATHS.health && request.method === 'GET'
  response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' })
  response.end(isHealth ? '{"status":"ok"}' : '{"message":"not found"}')
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

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
