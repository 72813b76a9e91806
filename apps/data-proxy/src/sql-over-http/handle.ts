import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Directory } from '../directory.ts'
import { loginFailed, ProxyError, toErrorFields, unavailable } from '../errors.ts'
import type { Login, Logins } from '../login.ts'
import {
  ConnectionLost,
  type PipelineOutcome,
  ResultTooLarge,
  type Statement,
  type UpstreamConnection,
} from '../upstream/connection.ts'
import { AUTHENTICATOR } from '../upstream/parameters.ts'
import type { Pools } from '../upstream/pools.ts'
import type { ErrorFields } from '../wire/backend.ts'
import { readBody } from './body.ts'
import { toErrorBody, toResultBody } from './reply.ts'
import { parseSqlRequest, ROLLBACK_HEADER, type SqlRequest } from './request.ts'

export interface SqlDoor {
  logins: Logins
  directory: Directory
  pools: Pools
  log: Logger
}

const MAX_REQUEST_BYTES = 10 * 1024 * 1024
const MAX_RESULT_BYTES = 10 * 1024 * 1024

/** A reply's status, body and headers. */
interface Reply {
  status: number
  body: object
  headers?: Record<string, string>
}

/** One `POST /sql`: read and log in, take a session, one round trip, answer. */
export async function handleSql(
  request: IncomingMessage,
  response: ServerResponse,
  door: SqlDoor,
): Promise<void> {
  const abort = new AbortController()
  response.once('close', () => abort.abort())
  const reply = await answer(request, door, abort.signal).catch((error: unknown) =>
    toErrorReply(error, door.log),
  )
  const text = JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'access-control-allow-origin': '*',
  })
  response.end(text)
}

async function answer(request: IncomingMessage, door: SqlDoor, signal: AbortSignal): Promise<Reply> {
  const [login, body] = await Promise.all([logIn(request, door.logins), readBody(request, MAX_REQUEST_BYTES)])
  const parsed = parseSqlRequest(request.headers, body)
  if (parsed.end === 'ROLLBACK' && !login.isGateway)
    throw new ProxyError('42501', `${ROLLBACK_HEADER} is not for you`)
  const pool = door.pools.of(login.databaseId, login.role)
  const connection = await pool.acquire()
  const cancel = () => connection.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  let isClean = false
  try {
    const outcome = await runRequest(connection, parsed, login)
    isClean = outcome.status === 'I' && (await resetSession(connection, login))
    return outcome.error ? { status: 400, body: toErrorBody(outcome.error) } : toReply(parsed, outcome)
  } finally {
    signal.removeEventListener('abort', cancel)
    pool.release(connection, isClean && !signal.aborted)
  }
}

/** The caller by `Neon-Connection-String`. Throws a `ProxyError` whose message never holds the string. */
async function logIn(request: IncomingMessage, logins: Logins): Promise<Login> {
  const text = request.headers['neon-connection-string']
  if (typeof text !== 'string') throw new ProxyError('08001', 'the header Neon-Connection-String is missing')
  const { user, password } = parseConnectionString(text)
  const login = await logins.check(user, password)
  if (login.role !== AUTHENTICATOR) return login
  const { origin, 'sec-fetch-mode': mode, 'sec-fetch-site': site } = request.headers
  if (!login.isGateway || origin !== undefined || mode !== undefined || site !== undefined)
    throw loginFailed(user)
  return login
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

/** Every statement in one pipeline. A prepared statement that definitions changed under is prepared again, once. */
async function runRequest(
  connection: UpstreamConnection,
  request: SqlRequest,
  login: Login,
): Promise<PipelineOutcome> {
  const statements = pipelineOf(request, login)
  const outcome = await runToIdle(connection, statements)
  if (!outcome.error || !isStalePlan(outcome.error) || outcome.status !== 'I') return outcome
  connection.forgetStatements()
  return runToIdle(connection, statements)
}

/**
 * authenticator's own settings are for their transaction alone, but a function that it calls can set a session's
 * variable: RESET ALL puts those back in the same round trip.
 */
function pipelineOf(request: SqlRequest, login: Login): Statement[] {
  const batch =
    request.kind === 'single'
      ? request.statements
      : [{ text: request.begin, params: [] }, ...request.statements, { text: request.end, params: [] }]
  return login.role === AUTHENTICATOR ? [...batch, { text: 'RESET ALL', params: [] }] : batch
}

async function runToIdle(connection: UpstreamConnection, statements: Statement[]): Promise<PipelineOutcome> {
  const outcome = await connection.run(statements, MAX_RESULT_BYTES)
  if (outcome.status === 'I' && !outcome.error) return outcome
  return { ...outcome, status: (await connection.runSimple('ROLLBACK; RESET ALL')) ? 'I' : 'E' }
}

function isStalePlan({ C: code, R: routine }: ErrorFields): boolean {
  return code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')
}

/** A session of any other role goes back to its pool as it came: its statements may have set, listened, locked. */
async function resetSession(connection: UpstreamConnection, login: Login): Promise<boolean> {
  if (login.role === AUTHENTICATOR) return true
  connection.forgetStatements()
  return connection.runSimple('DISCARD ALL')
}

function toReply(request: SqlRequest, outcome: PipelineOutcome): Reply {
  const bodyOf = (index: number, offset: number) => {
    const result = outcome.results[index + offset]
    const statement = request.statements[index]
    if (!result || !statement) throw unavailable('the database answered in part; try again')
    return toResultBody(result, { rawText: request.rawText, arrayMode: statement.arrayMode })
  }
  if (request.kind === 'single') return { status: 200, body: bodyOf(0, 0) }
  return {
    status: 200,
    body: { results: request.statements.map((_, i) => bodyOf(i, 1)) },
    headers: request.echo,
  }
}

function toErrorReply(error: unknown, log: Logger): Reply {
  if (error instanceof ProxyError) {
    const headers = error.status === 503 || error.status === 429 ? { 'retry-after': '1' } : {}
    return { status: error.status, body: toErrorBody(toErrorFields(error)), headers }
  }
  if (error instanceof ResultTooLarge) {
    return { status: 507, body: { message: `response is too large (max is ${MAX_RESULT_BYTES} bytes)` } }
  }
  if (error instanceof ConnectionLost) {
    return toErrorReply(unavailable('the database ended the connection; try again'), log)
  }
  log.error({ err: error }, 'a statement over HTTP failed')
  return { status: 500, body: toErrorBody({ S: 'FATAL', C: 'XX000', M: 'internal error' }) }
}
