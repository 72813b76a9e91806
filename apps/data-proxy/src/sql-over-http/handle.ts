import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import { loginFailed, ProxyError, unavailable } from '../errors.ts'
import { readBody } from '../http/body.ts'
import {
  type Client,
  isFromBrowser,
  MAX_REQUEST_BYTES,
  parseRequestId,
  type Reply,
  type Route,
  type SqlDoor,
  toPostgresErrorReply,
} from '../http/exchange.ts'
import type { Login, Logins } from '../login.ts'
import { AUTHENTICATOR } from '../upstream/parameters.ts'
import type { PipelineOutcome, Statement } from '../upstream/pipeline.ts'
import { run } from '../upstream/run.ts'
import { toResultJson } from './reply.ts'
import { parseSqlRequest, ROLLBACK_HEADER, type SqlRequest } from './request.ts'

/** `POST /sql`: log in and read, parse, one round trip, answer. */
export const SQL_ROUTE: Route = { answer, headers: { 'access-control-allow-origin': '*' } }

async function answer(request: IncomingMessage, client: Client, door: SqlDoor): Promise<Reply> {
  // In this order: nobody has a body kept here before it is known who sends it.
  const login = await logIn(request.headers, door.logins)
  client.databaseId = login.databaseId
  client.requestId = parseRequestId(request.headers[REQUEST_ID_HEADER])
  const parsed = parseSqlRequest(request.headers, await readBody(request, MAX_REQUEST_BYTES))
  if (parsed.end === 'ROLLBACK' && !login.isGateway) {
    throw new ProxyError('42501', `${ROLLBACK_HEADER} is not for you`)
  }
  const outcome = await run(
    pipelineOf(parsed),
    { role: login.role, standing: 'alone', shared: null },
    client,
    door.pools.of(login.databaseId),
  )
  return outcome.error ? toPostgresErrorReply(outcome.error) : toReply(parsed, outcome)
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
