/** What every route of the HTTP listener shares: one answer to one request, and what errors become. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import type { ErrorFields } from '@db9/postgres/backend'
import type { Logger } from 'pino'
import type { Logins } from '../auth/login.ts'
import type { Directory } from '../directory/directory.ts'
import { ProxyError, toErrorFields, unavailable } from '../errors.ts'
import type { ClientHandle } from '../sessions/client.ts'
import { ConnectionLost, CopyRefused, ResultTooLarge } from '../sessions/errors.ts'
import { MAX_RESULT_BYTES } from '../sessions/pipeline.ts'
import type { Pools } from '../sessions/pools.ts'
import { toErrorBody } from './error-body.ts'

export interface HttpDeps {
  logins: Logins
  directory: Directory
  pools: Pools
  log: Logger
  /** What a client may take nothing of its reply, where it is not the usual. */
  replyIdleMs?: number | undefined
}

export const MAX_REQUEST_BYTES = 10 * 1024 * 1024

export interface Reply {
  status: number
  /** JSON, where the headers do not say otherwise. */
  body: string
  headers?: Record<string, string>
}

/** The client of one request, and what becomes known of it, for the log. */
export interface Client extends ClientHandle {
  databaseId: string | null
  /** The gateway's id of it. */
  requestId: string | null
}

export interface Route {
  /** May throw a `ProxyError`. */
  answer(request: IncomingMessage, client: Client, deps: HttpDeps): Promise<Reply>
  /** Of every answer, errors too. */
  headers: Record<string, string>
}

/** Answers one request, unless its client goes away meanwhile. Never rejects. */
export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  deps: HttpDeps,
  { answer, headers }: Route,
): Promise<void> {
  const client: Client = { isGone: false, onGone: null, databaseId: null, requestId: null }
  response.once('close', () => {
    client.isGone = true
    client.onGone?.()
  })
  const reply = await settle(answer(request, client, deps), client, deps)
  if (client.isGone) return
  // The gateway reads no time here, and each header costs both sides.
  response.sendDate = false
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(reply.body),
    ...headers,
    ...reply.headers,
  })
  response.end(reply.body)
  if (response.writableLength > 0) endIdle(response, deps.replyIdleMs ?? REPLY_IDLE_MS)
}

/**
 * A client may take nothing of its reply for so long. The gateway, which counts for its own clients, may seem to stand
 * still for longer than they do: the kernel tells of progress in steps of what it keeps for a connection.
 */
const REPLY_IDLE_MS = 120_000

/** Node counts what the kernel takes of one long write as use. What is left in the buffers goes with the connection. */
function endIdle(response: ServerResponse, idleMs: number): void {
  response.setTimeout(idleMs, () => response.destroy())
}

/** The reply, or that to its error, which is noted. Never rejects. */
export function settle(reply: Promise<Reply>, client: Client, { log }: HttpDeps): Promise<Reply> {
  return reply.catch((error: unknown) => {
    noteFault(error, client, log)
    return toErrorReply(error)
  })
}

/** An id as the gateway makes them; null for anything else, which is not for the log. */
export function parseRequestId(value: unknown): string | null {
  return typeof value === 'string' && /^\w{1,64}$/.test(value) ? value : null
}

/** Whether a browser sent the request, which no caller of these routes is. */
export function isBrowserRequest(headers: IncomingHttpHeaders): boolean {
  return isFromBrowser((name) => name in headers)
}

export function toPostgresErrorReply(fields: ErrorFields): Reply {
  return { status: 400, body: JSON.stringify(toErrorBody(fields)) }
}

/** What is no fault of the caller's: why we, or Postgres, could not serve it. */
function noteFault(error: unknown, { databaseId, requestId }: Client, log: Logger): void {
  const of = { database_id: databaseId, request_id: requestId }
  if (error instanceof ProxyError) {
    const reason = error.cause instanceof Error ? error.cause.message : undefined
    if (error.status >= 500) log.warn({ ...of, code: error.code, reason }, error.message)
  } else if (error instanceof ConnectionLost) log.warn(of, error.message)
  else if (!(error instanceof ResultTooLarge || error instanceof CopyRefused)) {
    log.error({ ...of, err: error }, 'a statement over HTTP failed')
  }
}

function toErrorReply(error: unknown): Reply {
  if (error instanceof ProxyError) {
    const body = JSON.stringify(toErrorBody(toErrorFields(error)))
    return { status: error.status, body, headers: ERROR_HEADERS[error.status] ?? {} }
  }
  if (error instanceof ResultTooLarge) {
    const message = `response is too large (max is ${MAX_RESULT_BYTES} bytes)`
    return { status: 507, body: JSON.stringify({ message }) }
  }
  if (error instanceof CopyRefused) {
    return toErrorReply(new ProxyError('0A000', 'COPY FROM STDIN and TO STDOUT need the wire protocol'))
  }
  if (error instanceof ConnectionLost) {
    return toErrorReply(unavailable('the database ended the connection; try again'))
  }
  return toErrorReply(new ProxyError('XX000', 'internal error', 500))
}

const ERROR_HEADERS: Record<number, Record<string, string>> = {
  413: { connection: 'close' },
  429: { 'retry-after': '1' },
  503: { 'retry-after': '1' },
}
