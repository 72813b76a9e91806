import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { loginFailed, unavailable } from '../errors.ts'
import { readBody } from '../http/body.ts'
import {
  type Client,
  isFromBrowser,
  MAX_REQUEST_BYTES,
  type Reply,
  type Route,
  type SqlDoor,
  toPostgresErrorReply,
} from '../http/exchange.ts'
import type { Login, Logins } from '../login.ts'
import { run } from '../upstream/run.ts'
import { readRow } from '../wire/backend.ts'
import { toRowReply } from './reply.ts'
import { parseBatch } from './request.ts'

/** The gateway's own route: what `POST /sql` does, in a form that costs both sides less. */
export const BATCH_ROUTE: Route = { answer, headers: {} }

async function answer(request: IncomingMessage, client: Client, door: SqlDoor): Promise<Reply> {
  // In this order: nobody has a body kept here before it is known who sends it.
  const login = await logIn(request.headers, door.logins)
  client.databaseId = login.databaseId
  const batch = parseBatch(await readBody(request, MAX_REQUEST_BYTES))
  const { statements, bodyColumn, shared } = batch
  client.requestId = batch.requestId
  const options = { role: login.role, standing: 'lined', shared } as const
  const outcome = await run(statements, options, client, door.pools.of(login.databaseId))
  if (outcome.error) return toPostgresErrorReply(outcome.error)
  // The last result is that of the COMMIT.
  const row = outcome.results.at(-2)?.rows[0]
  if (!row || outcome.results.length < statements.length) {
    throw unavailable('the database answered in part; try again')
  }
  return toRowReply(readRow(row), bodyColumn)
}

const BEARER = 'Bearer '

/** Throws a `ProxyError` 28P01 for whoever is not the gateway. */
async function logIn(headers: IncomingHttpHeaders, logins: Logins): Promise<Login> {
  const { authorization = '' } = headers
  if (!authorization.startsWith(BEARER) || isFromBrowser(headers)) throw loginFailed('')
  return logins.checkCredential(authorization.slice(BEARER.length))
}
