/** One client of the wire protocol, from its first packet to the relay of bytes. */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { errorResponse, readCString } from '@db9/postgres/backend'
import { cstring, int32, message } from '@db9/postgres/messages'
import { EVERY_SESSION } from '@db9/postgres/pinned-settings'
import { challenge } from '@db9/postgres/scram/server'
import { isServerUnavailable, SQLSTATE } from '@db9/postgres/sqlstate'
import { type ConnectReply, READER } from '@db9/types/internal'
import type { Logger } from 'pino'
import type { GrantedLogin, Logins, PendingLogin } from '../auth/login.ts'
import { isItself } from '../database-name.ts'
import type { Directory } from '../directory/directory.ts'
import { type OpenFailures, openAwake, requireAdmitted } from '../directory/wake.ts'
import { loginFailed, ProxyError } from '../errors.ts'
import { socketPath } from '../sessions/address.ts'
import { MAX_SIZE as HTTP_CONNECTIONS } from '../sessions/concurrency.ts'
import { sendCancel } from '../sessions/connection.ts'
import type { CancelKeys } from './cancel-keys.ts'
import type { Clients } from './clients.ts'
import type { CredentialSessions } from './credential-sessions.ts'
import { endClient } from './end-client.ts'
import type { HandshakeReader } from './handshake-reader.ts'
import { listenWatch } from './listening.ts'
import { negotiate, type TlsPolicy } from './negotiate.ts'
import { openUpstreamSession, Refusal, Unreachable, type UpstreamSession } from './upstream-session.ts'

export interface PgListenerDeps {
  logins: Logins
  directory: Directory
  cancelKeys: CancelKeys
  clients: Clients
  credentialSessions: CredentialSessions
  handshakeLimitMs: number
  /** Null: none is offered. */
  tls: TlsPolicy | null
  log: Logger
}

const KEEP_ALIVE_MS = 60_000
/** What a client has to read in what is left of its session when the server has ended it. */
const LAST_ROWS_MS = 30_000

/** Serves one client of the wire protocol, from its first packet to its end. */
export async function serveClient(
  raw: Socket,
  deps: PgListenerDeps & { onLoggedIn: () => void },
): Promise<void> {
  raw.setNoDelay()
  raw.setKeepAlive(true, KEEP_ALIVE_MS)
  raw.on('error', () => raw.destroy())
  const limit = setTimeout(() => raw.destroy(), deps.handshakeLimitMs)
  let client = raw
  try {
    const begun = await negotiate(raw, deps.tls, (secured) => {
      secured.on('error', () => secured.destroy())
      deps.clients.secured(raw, secured)
      client = secured
    })
    const { reader, first } = begun
    if (first.kind === 'cancel') return deps.cancelKeys.cancel(first.processId, first.secret, client)
    if (first.negotiate) client.write(first.negotiate)
    const { user = '', database = user, ...parameters } = parseParameters(first.parameters)
    const login = await authenticate(client, reader, user, deps.logins)
    clearTimeout(limit)
    deps.onLoggedIn()
    const target = { login, user, database, parameters }
    const upstream = await deps.clients.opening(login.name.databaseId, () =>
      openUpstream(client, target, deps),
    )
    relay(client, reader.takeRest(), upstream, deps)
  } catch (error) {
    refuse(client, error, deps.log)
  } finally {
    clearTimeout(limit)
  }
}

/** A client's own startup parameters, all of which the server gets; replication alone is refused. */
function parseParameters({ replication, ...parameters }: Record<string, string>): Record<string, string> {
  if (replication !== undefined && !/^(0|off|false|no)$/i.test(replication)) {
    throw new ProxyError('0A000', 'replication connections are not supported here')
  }
  return parameters
}

/** SCRAM-SHA-256 against the verifiers of all that opens a session as the role. Throws the same 28P01 for every reason to refuse. */
async function authenticate(
  client: Socket,
  reader: HandshakeReader,
  user: string,
  logins: Logins,
): Promise<GrantedLogin> {
  const pending = await logins.begin(user, client.remoteAddress ?? 'unknown')
  try {
    return await prove(client, reader, pending)
  } finally {
    pending.end()
  }
}

/** The exchange of SCRAM messages, which proves both sides' knowledge of the secret. */
async function prove(
  client: Socket,
  reader: HandshakeReader,
  { salting, verifiers, judge }: PendingLogin,
): Promise<GrantedLogin> {
  client.write(message('R', int32(10), cstring('SCRAM-SHA-256'), '\0'))
  const initial = (await reader.message('p')).body
  const mechanismEnd = initial.indexOf(0)
  const clientFirst = initial.toString('utf8', mechanismEnd + 5)
  const exchange =
    readCString(initial) === 'SCRAM-SHA-256'
      ? challenge(clientFirst, salting, randomBytes(18).toString('base64'))
      : null
  if (!exchange) throw new ProxyError('08P01', 'malformed SCRAM message')
  client.write(message('R', int32(11), exchange.serverFirst))
  const proved = exchange.finish((await reader.message('p')).body.toString('utf8'), verifiers)
  const login = judge(proved)
  client.write(Buffer.concat([message('R', int32(12), proved?.serverFinal ?? ''), message('R', int32(0))]))
  return login
}

interface SessionTarget {
  login: GrantedLogin
  user: string
  database: string
  parameters: Record<string, string>
}

/** The client's session with its server, which is woken for it. */
async function openUpstream(
  client: Socket,
  target: SessionTarget,
  deps: PgListenerDeps,
): Promise<UpstreamSession> {
  const { name, opening, credentialId } = target.login
  const { databaseId, role } = name
  const open = async (reply: ConnectReply) => {
    requireAdmitted(role, reply.storage)
    const database = resolveDatabase(target, reply)
    const parameters = { ...initialSettings(role), ...target.parameters, user: role, database }
    const credentials = await deps.logins.credentialsFor(name, opening)
    return openUpstreamSession(socketPath(reply), parameters, credentials)
  }
  const reply = await deps.directory.find(databaseId, role)
  // The HTTP listener has the rest of the server's connections.
  deps.clients.admit(client, databaseId, Math.max(1, reply.max_connections - HTTP_CONNECTIONS))
  const upstream = await openAwake(deps.directory, name, open, OPEN_FAILURES)
  if (credentialId === null) return upstream
  const session = { client, backend: upstream.key?.processId ?? null }
  if (deps.credentialSessions.begin(credentialId, session)) return upstream
  upstream.socket.destroy()
  throw loginFailed(target.user)
}

const OPEN_FAILURES: OpenFailures = {
  isTransient: (error) =>
    error instanceof Refusal ? isServerUnavailable(error.sqlState) : error instanceof Unreachable,
  isLoginRefused: (error) => error instanceof Refusal && error.sqlState === SQLSTATE.invalidPassword,
}

/** What a session of ours begins with, whatever another one has set for its role; its client may choose otherwise for itself. */
function initialSettings(role: string): Record<string, string> {
  return role === READER ? { ...EVERY_SESSION, default_transaction_read_only: 'on' } : {}
}

/**
 * The physical database: `postgres`, the database's name or id and the whole user string mean the same; other names
 * pass through, for databases that the owner made beside it.
 */
function resolveDatabase({ database, user, login }: SessionTarget, reply: ConnectReply): string {
  if (isItself({ database, user, databaseId: login.name.databaseId }, reply)) return reply.database
  if (/^template[01]$/.test(database)) throw new ProxyError('3D000', `database "${database}" does not exist`)
  return database
}

/** From here on a pipe: bytes both ways, each side's speed holding back the other. */
function relay(client: Socket, fromClient: Buffer, upstream: UpstreamSession, deps: PgListenerDeps): void {
  const { socket, key, path } = upstream
  if (client.destroyed) {
    socket.destroy()
    return
  }
  const own = deps.cancelKeys.issue((done) => (key ? sendCancel(path, key, done) : done()))
  client.write(Buffer.concat([upstream.greeting, own.message, upstream.ready]))
  if (fromClient.length > 0) socket.write(fromClient)
  client.on('close', () => {
    own.revoke()
    socket.destroy()
  })
  socket.on('error', () => socket.destroy()).on('close', () => endClient(client, undefined, LAST_ROWS_MS))
  client.pipe(socket)
  socket.pipe(client)
  const startsToListen = listenWatch()
  const watch = (chunk: Buffer) => {
    if (!startsToListen(chunk)) return
    deps.clients.listens(client)
    socket.off('data', watch)
  }
  socket.on('data', watch)
}

function refuse(client: Socket, error: unknown, log: Logger): void {
  if (client.destroyed) return
  if (error instanceof Refusal) endClient(client, error.response)
  else if (error instanceof ProxyError) endClient(client, errorResponse('FATAL', error.code, error.message))
  else {
    log.error({ err: error }, 'a wire protocol client failed')
    endClient(client, errorResponse('FATAL', 'XX000', 'internal error'))
  }
}
