/** Neon's SQL over HTTP: `POST /sql`. */
import type { IncomingMessage } from 'node:http'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { Login } from '../auth/login.ts'
import { type Asked, isItself, isPlainlyItself } from '../database-name.ts'
import type { Directory } from '../directory/directory.ts'
import { loginFailed, ProxyError, unavailable } from '../errors.ts'
import { readBody } from '../http/body.ts'
import {
  type Client,
  type HttpDeps,
  isBrowserRequest,
  MAX_REQUEST_BYTES,
  parseRequestId,
  type Reply,
  type Route,
  toPostgresErrorReply,
} from '../http/exchange.ts'
import { isDataLogin } from '../sessions/parameters.ts'
import type { PipelineOutcome, Statement } from '../sessions/pipeline.ts'
import { run } from '../sessions/run.ts'
import { toResultJson } from './reply.ts'
import { parseSqlRequest, ROLLBACK_HEADER, type SqlRequest } from './request.ts'

/** `POST /sql`: log in and read, parse, one round trip, answer. */
export const SQL_ROUTE: Route = { answer, headers: { 'access-control-allow-origin': '*' } }

async function answer(request: IncomingMessage, client: Client, deps: HttpDeps): Promise<Reply> {
  // Before the body is read, so that no unknown sender's body is held here.
  const login = await logIn(request, deps)
  client.databaseId = login.databaseId
  client.requestId = parseRequestId(request.headers[REQUEST_ID_HEADER])
  const parsed = parseSqlRequest(request.headers, await readBody(request, MAX_REQUEST_BYTES))
  if (parsed.end === 'ROLLBACK' && !login.isGateway) {
    throw new ProxyError('42501', `${ROLLBACK_HEADER} is not for you`)
  }
  const outcome = await run(
    pipelineOf(parsed),
    { role: login.role, credentials: login.credentials, mode: 'exclusive', shared: null },
    client,
    deps.pools.of(login.databaseId),
  )
  return outcome.error ? toPostgresErrorReply(outcome.error) : toReply(parsed, outcome)
}

/** The caller by `Neon-Connection-String`. Throws a `ProxyError` whose message never holds the string. */
async function logIn({ headers, socket }: IncomingMessage, { logins, directory }: HttpDeps): Promise<Login> {
  const text = headers['neon-connection-string']
  if (typeof text !== 'string') throw new ProxyError('08001', 'the header Neon-Connection-String is missing')
  const { user, password, database } = parseConnectionString(text)
  const login = await logins.check(user, password, socket.remoteAddress ?? 'unknown')
  if (isDataLogin(login.role) && (!login.isGateway || isBrowserRequest(headers))) throw loginFailed(user)
  await requireItself({ database, user, databaseId: login.databaseId }, login, directory)
  return login
}

/** Throws a `ProxyError` 0A000 for a database beside it, rather than run there what is meant for another. */
async function requireItself(asked: Asked, { databaseId, role }: Login, directory: Directory): Promise<void> {
  if (isPlainlyItself(asked) || isItself(asked, await directory.find(databaseId, role))) return
  throw new ProxyError(
    '0A000',
    'SQL over HTTP reaches the database itself only: connect to others by the wire protocol',
  )
}

function parseConnectionString(text: string): { user: string; password: string; database: string } {
  try {
    const { username, password, pathname } = new URL(text)
    const user = decodeURIComponent(username)
    // No name is the user's, as everywhere.
    const database = decodeURIComponent(pathname.slice(1)) || user
    return { user, password: decodeURIComponent(password), database }
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
