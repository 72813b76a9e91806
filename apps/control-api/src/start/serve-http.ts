/** The HTTP server of the control API. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

export interface HttpServer {
  port: number
  close(): Promise<void>
}

/** What a request may take to come in whole. The gateway, which answers for its own clients, gives them less. */
const REQUEST_TIMEOUT_MS = 35_000
const HEADERS_TIMEOUT_MS = 15_000

/**
 * Serves a fetch handler; port 0 chooses a free one. A request that does not come in whole
 * within `requestTimeoutMs` is answered with 408, and its connection ends.
 */
export async function serveHttp(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
): Promise<HttpServer> {
  const times = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
  }
  const server = createServer(times, getRequestListener(fetch))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
