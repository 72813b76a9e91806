import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { ConnectReply } from '@db9/types/internal'
import type { Logger } from 'pino'
import type { Directory } from '../directory.ts'
import { loginFailed, ProxyError } from '../errors.ts'
import type { Logins, UserName } from '../login.ts'
import { socketPath } from '../upstream/pool.ts'
import { errorResponse, readCString } from '../wire/backend.ts'
import { cancelRequest, startup } from '../wire/frontend.ts'
import { cstring, int32, type Message, MessageReader, message } from '../wire/messages.ts'
import type { CancelKeys } from './cancel-keys.ts'
import { challenge } from './scram.ts'
import { type FirstPacket, readFirstPacket } from './startup.ts'

export interface PgDoor {
  logins: Logins
  directory: Directory
  cancelKeys: CancelKeys
  counts: ConnectionCounts
  log: Logger
}

/** Open client connections of each database. */
export type ConnectionCounts = Map<string, number>

const HANDSHAKE_LIMIT_MS = 15_000
const MAX_HANDSHAKE_MESSAGE = 64 * 1024
const REFUSED = Buffer.from('N')

/** Serves one client of the wire protocol, from its first packet to its end. */
export async function serveClient(client: Socket, door: PgDoor): Promise<void> {
  client.setNoDelay()
  client.on('error', () => client.destroy())
  const limit = setTimeout(() => client.destroy(), HANDSHAKE_LIMIT_MS + 15_000)
  try {
    const reader = new HandshakeReader(client)
    const first = await readStartup(client, reader)
    if (first.kind === 'cancel') return door.cancelKeys.cancel(first.processId, first.secret, client)
    if (first.negotiate) client.write(first.negotiate)
    const user = first.parameters.user ?? ''
    const name = await authenticate(client, reader, user, door.logins)
    const reply = await door.directory.find(name.databaseId, name.role)
    const database = resolveDatabase(first.parameters.database ?? user, user, name, reply)
    takeConnection(door.counts, name.databaseId, reply, client)
    const upstream = await openUpstream(reply, { ...forwarded(first.parameters), user: name.role, database })
    clearTimeout(limit)
    relay(client, reader.takeRest(), upstream, door.cancelKeys)
  } catch (error) {
    refuse(client, error, door.log)
  } finally {
    clearTimeout(limit)
  }
}

type Startup = Extract<FirstPacket, { kind: 'startup' | 'cancel' }>

/** The startup or cancel packet; encryption is declined before it as often as it is asked for. */
async function readStartup(client: Socket, reader: HandshakeReader): Promise<Startup> {
  for (let declined = 0; ; declined++) {
    const packet = await reader.firstPacket()
    if (packet.kind === 'startup' || packet.kind === 'cancel') return packet
    if (declined > 2) throw new ProxyError('08P01', 'a startup packet was expected')
    client.write(REFUSED)
  }
}

/** SCRAM-SHA-256 against the role's verifier. Throws the same 28P01 for whatever is wrong. */
async function authenticate(
  client: Socket,
  reader: HandshakeReader,
  user: string,
  logins: Logins,
): Promise<UserName> {
  const { name, verifier } = await logins.verifierOf(user)
  client.write(message('R', int32(10), cstring('SCRAM-SHA-256'), '\0'))
  const initial = (await reader.message('p')).body
  const mechanismEnd = initial.indexOf(0)
  const clientFirst = initial.toString('utf8', mechanismEnd + 5)
  const exchange =
    readCString(initial) === 'SCRAM-SHA-256'
      ? challenge(clientFirst, verifier, randomBytes(18).toString('base64'))
      : null
  if (!exchange) throw new ProxyError('08P01', 'malformed SCRAM message')
  client.write(message('R', int32(11), exchange.serverFirst))
  const serverFinal = exchange.finish((await reader.message('p')).body.toString('utf8'))
  if (serverFinal === null || !name) throw loginFailed(user)
  client.write(Buffer.concat([message('R', int32(12), serverFinal), message('R', int32(0))]))
  return name
}

/**
 * The physical database: `postgres`, the database's name or id and the whole user string mean the same; other names
 * pass through, for databases that the owner made beside it.
 */
function resolveDatabase(asked: string, user: string, { databaseId }: UserName, reply: ConnectReply): string {
  if ([reply.database, reply.name, databaseId, user].includes(asked)) return reply.database
  if (/^template[01]$/.test(asked)) throw new ProxyError('3D000', `database "${asked}" does not exist`)
  return asked
}

/** A client's own startup parameters, less those that are ours to set. */
function forwarded(parameters: Record<string, string>): Record<string, string> {
  if (parameters.replication !== undefined && !/^(0|off|false|no)$/i.test(parameters.replication)) {
    throw new ProxyError('0A000', 'replication connections are not supported here')
  }
  const { replication: _replication, user: _user, database: _database, ...rest } = parameters
  return rest
}

function takeConnection(
  counts: ConnectionCounts,
  databaseId: string,
  reply: ConnectReply,
  client: Socket,
): void {
  const open = counts.get(databaseId) ?? 0
  // The HTTP door keeps the rest of the server's connections.
  const most = Math.max(1, reply.max_connections - 16)
  if (open >= most) throw new ProxyError('53300', `too many connections for this database (at most ${most})`)
  counts.set(databaseId, open + 1)
  client.once('close', () => {
    const left = (counts.get(databaseId) ?? 1) - 1
    if (left > 0) counts.set(databaseId, left)
    else counts.delete(databaseId)
  })
}

interface Upstream {
  socket: Socket
  /** Everything the server sent after it let us in. */
  greeting: Buffer[]
  key: { processId: number; secret: Buffer } | null
  rest: Buffer
  path: string
}

/** A session with the server, up to its first ReadyForQuery. Rejects with the server's refusal as it stands. */
function openUpstream(reply: ConnectReply, parameters: Record<string, string>): Promise<Upstream> {
  const path = socketPath(reply)
  const socket = connect(path)
  socket.setNoDelay()
  const reader = new MessageReader(MAX_HANDSHAKE_MESSAGE)
  const upstream: Upstream = { socket, greeting: [], key: null, rest: Buffer.alloc(0), path }
  return new Promise((resolve, reject) => {
    const fail = () =>
      reject(new ProxyError('57P03', 'the database cannot be reached at this moment; try again'))
    socket.once('error', fail)
    socket.once('close', fail)
    socket.write(startup(parameters))
    const receive = (chunk: Buffer) => {
      for (const received of reader.push(chunk)) {
        if (received.type === 'E') {
          reject(new Refusal(message('E', received.body)))
          return
        }
        if (received.type === 'K') {
          upstream.key = {
            processId: received.body.readInt32BE(0),
            secret: Buffer.from(received.body.subarray(4)),
          }
        } else if (received.type !== 'R') upstream.greeting.push(message(received.type, received.body))
        if (received.type !== 'Z') continue
        socket.off('data', receive).off('error', fail).off('close', fail).pause()
        upstream.rest = reader.takeRest()
        resolve(upstream)
        return
      }
    }
    socket.on('data', receive)
  })
}

/** From here on a pipe: bytes both ways, each side's speed holding back the other. */
function relay(client: Socket, fromClient: Buffer, upstream: Upstream, cancelKeys: CancelKeys): void {
  const { socket, key, path } = upstream
  const own = cancelKeys.issue((done) => {
    if (!key) return
    const cancel = connect(path)
    cancel.on('error', () => {})
    cancel.end(cancelRequest(key.processId, key.secret), done)
  })
  const ready = upstream.greeting.pop() ?? Buffer.alloc(0)
  client.write(Buffer.concat([...upstream.greeting, own.message, ready, upstream.rest]))
  if (fromClient.length > 0) socket.write(fromClient)
  const end = () => {
    own.revoke()
    client.destroy()
    socket.destroy()
  }
  socket.on('error', end).on('close', () => client.end(own.revoke))
  client.on('close', end)
  client.pipe(socket)
  socket.pipe(client)
}

/** The server's own ErrorResponse, to be passed on. */
class Refusal extends Error {
  readonly response: Buffer

  constructor(response: Buffer) {
    super('the server refused the connection')
    this.response = response
  }
}

function refuse(client: Socket, error: unknown, log: Logger): void {
  if (client.destroyed) return
  if (error instanceof Refusal) client.end(error.response)
  else if (error instanceof ProxyError) client.end(errorResponse('FATAL', error.code, error.message))
  else {
    log.error({ err: error }, 'a wire protocol client failed')
    client.end(errorResponse('FATAL', 'XX000', 'internal error'))
  }
}

/** Reads the handshake's packets one at a time; what comes after them stays for the server. */
class HandshakeReader {
  readonly #client: Socket
  #data: Buffer = Buffer.alloc(0)

  constructor(client: Socket) {
    this.#client = client
  }

  async firstPacket(): Promise<FirstPacket> {
    for (;;) {
      const read = readFirstPacket(this.#data)
      if (!read) {
        await this.#more()
        continue
      }
      this.#data = this.#data.subarray(read.length)
      // What was sent before encryption was settled could have been slipped in by somebody else.
      if (read.packet.kind === 'ssl' || read.packet.kind === 'gss') {
        if (this.#data.length > 0)
          throw new ProxyError('08P01', 'data was sent before encryption was settled')
      }
      return read.packet
    }
  }

  async message(type: string): Promise<Message> {
    for (;;) {
      if (this.#data.length >= 5) {
        const length = this.#data.readInt32BE(1)
        if (length < 4 || length > MAX_HANDSHAKE_MESSAGE)
          throw new ProxyError('08P01', 'invalid message length')
        if (String.fromCharCode(this.#data[0] ?? 0) !== type) {
          throw new ProxyError('08P01', 'an answer to the authentication request was expected')
        }
        if (this.#data.length >= 1 + length) {
          const body = this.#data.subarray(5, 1 + length)
          this.#data = this.#data.subarray(1 + length)
          return { type, body }
        }
      }
      await this.#more()
    }
  }

  takeRest(): Buffer {
    this.#client.pause()
    return this.#data
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (work: () => void) => {
        this.#client.off('data', onData).off('close', onClose).pause()
        work()
      }
      const onData = (chunk: Buffer) =>
        settle(() => {
          this.#data = Buffer.concat([this.#data, chunk])
          resolve()
        })
      const onClose = () => settle(() => reject(new ProxyError('08006', 'the client went away')))
      this.#client.on('data', onData).on('close', onClose).resume()
    })
  }
}
