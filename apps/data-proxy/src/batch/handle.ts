/** The gateway's own routes: what `POST /sql` does, in a form that costs both sides less. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { readRow } from '@db9/postgres/backend'
import type { Login, Logins } from '../auth/login.ts'
import { loginFailed, unavailable } from '../errors.ts'
import { readBody } from '../http/body.ts'
import {
  type Client,
  type HttpDeps,
  isBrowserRequest,
  type Reply,
  type Route,
  settle,
  toPostgresErrorReply,
} from '../http/exchange.ts'
import { run } from '../sessions/run.ts'
import { toPartsReply } from './parts.ts'
import { toRowReply } from './reply.ts'
import { type ParsedBatch, parseBatch, parseBatches } from './request.ts'

/**
 * A batch carries a body of at most 10 MiB as text in JSON, which may have made `\u0001` of a character, and of a row of
 * CSV an object (`MAX_GROWTH` in packages/query).
 */
const MAX_BATCH_BYTES = 8 * 10 * 1024 * 1024

export const BATCH_ROUTE: Route = { answer, headers: {} }
export const BATCHES_ROUTE: Route = { answer: answerAll, headers: {} }

async function answer(request: IncomingMessage, client: Client, deps: HttpDeps): Promise<Reply> {
  const { login, body } = await open(request, client, deps)
  const batch = parseBatch(body)
  client.requestId = batch.requestId
  return runBatch(batch, login, client, deps)
}

/** Each by itself, as if it had come alone: what becomes of one is nothing to the others. */
async function answerAll(request: IncomingMessage, client: Client, deps: HttpDeps): Promise<Reply> {
  const { login, body } = await open(request, client, deps)
  const batches = parseBatches(body)
  const parts = batches.map((batch): Part => {
    const { requestId } = batch
    const own = { isGone: false, onGone: null, databaseId: login.databaseId, requestId }
    return { client: own, reply: settle(runBatch(batch, login, own, deps), own, deps) }
  })
  return toPartsReply(batches, await repliesOf(parts))
}

/** Authenticates before it reads the body, so that no unknown sender's body is held here. */
async function open(
  request: IncomingMessage,
  client: Client,
  { logins }: HttpDeps,
): Promise<{ login: Login; body: string }> {
  const login = await logIn(request.headers, logins)
  client.databaseId = login.databaseId
  return { login, body: await readBody(request, MAX_BATCH_BYTES) }
}

async function runBatch(
  { statements, bodyColumn, shared }: ParsedBatch,
  { databaseId, role, credentials }: Login,
  client: Client,
  { pools }: HttpDeps,
): Promise<Reply> {
  const pool = pools.of(databaseId)
  const outcome = await run(statements, { role, credentials, mode: 'pipelined', shared }, client, pool)
  if (outcome.error) return toPostgresErrorReply(outcome.error)
  // The last result is that of the COMMIT.
  const row = outcome.results.at(-2)?.rows[0]
  if (!row || outcome.results.length < statements.length) {
    throw unavailable('the database answered in part; try again')
  }
  return toRowReply(readRow(row), bodyColumn, shared !== null && pool.isQuick(shared))
}

interface Part {
  client: Client
  reply: Promise<Reply>
}

/** What takes longer than this (ms) would hold up those that came with it, and is to be sent by itself. */
const SOON_MS = 50

/** Null for each that does not come soon: as far as its statement is concerned, its client has left. */
async function repliesOf(parts: readonly Part[]): Promise<(Reply | null)[]> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), SOON_MS)
  const replies = await Promise.all(parts.map(({ reply }) => Promise.race([reply, late.promise])))
  clearTimeout(timer)
  for (const [i, { client }] of parts.entries()) {
    if (replies[i] !== null) continue
    client.isGone = true
    client.onGone?.()
  }
  return replies
}

const BEARER = 'Bearer '

/** Throws a `ProxyError` 28P01 where the caller is not the gateway. */
async function logIn(headers: IncomingHttpHeaders, logins: Logins): Promise<Login> {
  const { authorization = '' } = headers
  if (!authorization.startsWith(BEARER) || isBrowserRequest(headers)) throw loginFailed('')
  return logins.checkCredential(authorization.slice(BEARER.length))
}
