import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { loginFailed, ProxyError, toErrorFields, unavailable } from '../errors.ts'
import type { Login, Logins } from '../login.ts'
import {
  ConnectionLost,
  CopyRefused,
  MAX_RESULT_BYTES,
  type PipelineOutcome,
  ResultTooLarge,
  type Statement,
} from '../upstream/connection.ts'
import { AUTHENTICATOR } from '../upstream/parameters.ts'
import type { Pool } from '../upstream/pool.ts'
import type { Pools } from '../upstream/pools.ts'
import { readBody } from './body.ts'
import { toErrorBody, toResultJson } from './reply.ts'
import { parseSqlRequest, ROLLBACK_HEADER, type SqlRequest } from './request.ts'

export interface SqlDoor {
  logins: Logins
  pools: Pools
  log: Logger
}

const MAX_REQUEST_BYTES = 10 * 1024 * 1024

interface Reply {
  status: number
  /** JSON. */
  body: string
  headers?: Record<string, string>
}

/** The client of one request: whether it still waits, and what to do when it no longer does. */
interface Attendance {
  isGone: boolean
  onGone: (() => void) | null
}

/** One `POST /sql`: log in and read, parse, one round trip, answer. Never rejects. */
export async function handleSql(
  request: IncomingMessage,
  response: ServerResponse,
  door: SqlDoor,
): Promise<void> {
  const client: Attendance = { isGone: false, onGone: null }
  response.once('close', () => {
    client.isGone = true
    client.onGone?.()
  })
  const reply = await answer(request, client, door).catch((error: unknown) => toErrorReply(error, door.log))
  if (client.isGone) return
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(reply.body),
    'access-control-allow-origin': '*',
  })
  response.end(reply.body)
}

async function answer(request: IncomingMessage, client: Attendance, door: SqlDoor): Promise<Reply> {
  // In this order: nobody has a body kept here before it is known who sends it.
  const login = await logIn(request.headers, door.logins)
  const parsed = parseSqlRequest(request.headers, await readBody(request, MAX_REQUEST_BYTES))
  if (parsed.end === 'ROLLBACK' && !login.isGateway) {
    throw new ProxyError('42501', `${ROLLBACK_HEADER} is not for you`)
  }
  const outcome = await run(pipelineOf(parsed), login.role, client, door.pools.of(login.databaseId))
  return outcome.error
    ? { status: 400, body: JSON.stringify(toErrorBody(outcome.error)) }
    : toReply(parsed, outcome)
}

/** The caller by `Neon-Connection-String`. Throws a `ProxyError` whose message never holds the string. */
async function logIn(headers: IncomingHttpHeaders, logins: Logins): Promise<Login> {
  const text = headers['neon-connection-string']
  if (typeof text !== 'string') throw new ProxyError('08001', 'the header Neon-Connection-String is missing')
  const { user, password } = parseConnectionString(text)
  const login = await logins.check(user, password)
  if (login.role === AUTHENTICATOR && (!login.isGateway || isFromBrowser(headers))) throw loginFailed(user)
  return login
}

function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => name === 'origin' || name.startsWith('sec-fetch-'))
}

function parseConnectionString(text: string): { user: string; password: string } {
  try {
    const url = new URL(text)
    return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  } catch {
    throw new ProxyError(
      '08001',
      'the header Neon-Connection-String is not postgresql://user:password@host/database',
    )
  }
}

function pipelineOf(request: SqlRequest): Statement[] {
  if (request.kind === 'single') return request.statements
  return [{ text: request.begin, params: [] }, ...request.statements, { text: request.end, params: [] }]
}

/** Every statement in one pipeline. What was prepared before definitions changed is prepared again, once. */
async function run(
  statements: Statement[],
  role: string,
  client: Attendance,
  pool: Pool,
): Promise<PipelineOutcome> {
  const connection = await pool.acquire(role)
  let isClean: Promise<boolean> = Promise.resolve(true)
  let wasCancelled = false
  client.onGone = () => {
    wasCancelled = true
    connection.cancel()
  }
  try {
    if (client.isGone) throw new ProxyError('08006', 'the client went away')
    const first = connection.run(statements)
    isClean = first.isClean
    const outcome = await first.outcome
    if (!isStalePlan(outcome) || !(await isClean)) return outcome
    connection.forgetStatements()
    const second = connection.run(statements)
    isClean = second.isClean
    return await second.outcome
  } finally {
    client.onGone = null
    // A late cancel would hit whoever comes next.
    void isClean.then((clean) => pool.release(connection, clean && !wasCancelled))
  }
}

/**
 * Whether a prepared statement itself failed, before it ran: gone (26000), or of another result than it had. An error
 * inside a function has a context (`W`), and a batch that committed on its own way cannot be run again.
 */
function isStalePlan({ error, results }: PipelineOutcome): boolean {
  if (!error || error.W !== undefined) return false
  const { C: code, R: routine } = error
  const isStale = code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')
  return isStale && results.every(({ command }, i) => i === 0 || !ENDS_TRANSACTION.has(command))
}

const ENDS_TRANSACTION = new Set(['COMMIT', 'ROLLBACK', 'PREPARE'])

function toReply(request: SqlRequest, outcome: PipelineOutcome): Reply {
  // The first result of a batch is that of its BEGIN.
  const offset = request.kind === 'single' ? 0 : 1
  const bodies = request.statements.map(({ arrayMode }, i) => {
    const result = outcome.results[i + offset]
    if (!result) throw unavailable('the database answered in part; try again')
    return toResultJson(result, { rawText: request.rawText, arrayMode })
  })
  return request.kind === 'single'
    ? { status: 200, body: bodies.join() }
    : { status: 200, body: `{"results":[${bodies.join()}]}`, headers: request.echo }
}

function toErrorReply(error: unknown, log: Logger): Reply {
  if (error instanceof ProxyError) {
    const body = JSON.stringify(toErrorBody(toErrorFields(error)))
    return { status: error.status, body, headers: ERROR_HEADERS[error.status] ?? {} }
  }
  if (error instanceof ResultTooLarge) {
    const message = `response is too large (max is ${MAX_RESULT_BYTES} bytes)`
    return { status: 507, body: JSON.stringify({ message }) }
  }
  if (error instanceof CopyRefused) {
    return toErrorReply(new ProxyError('0A000', 'COPY FROM STDIN and TO STDOUT need the wire protocol'), log)
  }
  if (error instanceof ConnectionLost) {
    return toErrorReply(unavailable('the database ended the connection; try again'), log)
  }
  log.error({ err: error }, 'a statement over HTTP failed')
  return toErrorReply(new ProxyError('XX000', 'internal error', 500), log)
}

const ERROR_HEADERS: Record<number, Record<string, string>> = {
  413: { connection: 'close' },
  429: { 'retry-after': '1' },
  503: { 'retry-after': '1' },
}
