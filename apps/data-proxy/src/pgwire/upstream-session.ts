/** A session with a server for one client of the wire protocol. */
import { connect, type Socket } from 'node:net'
import { readError } from '@db9/postgres/backend'
import { startup } from '@db9/postgres/frontend'
import { MessageReader, message } from '@db9/postgres/messages'
import { type Credentials, ScramClient } from '@db9/postgres/scram/client'
import { ProxyError, UNREACHABLE } from '../errors.ts'

/** A client's own session with the server, logged in and ready. */
export interface UpstreamSession {
  socket: Socket
  path: string
  key: { processId: number; secret: Buffer } | null
  /** What the server sent before its first ReadyForQuery, without its key and its word on authentication. */
  greeting: Buffer
  /** ReadyForQuery and what came after it. */
  ready: Buffer
}

/** The server's own ErrorResponse, to be passed on. */
export class Refusal extends Error {
  readonly response: Buffer
  readonly sqlState: string | undefined

  constructor(body: Buffer) {
    super('the server refused the connection')
    this.response = message('E', body)
    this.sqlState = readError(body).C
  }
}

/** The server was not reached: it may have been stopped since its address was asked for. */
export class Unreachable extends ProxyError {
  constructor() {
    super('57P03', UNREACHABLE, 503)
  }
}

/** A role's or a database's settings are told to the client as it logs in, a search path of thousands of schemas too. */
const MAX_MESSAGE = 1024 * 1024
/** Of all that it says until it is ready. */
const MAX_GREETING = 4 * MAX_MESSAGE
const OPEN_LIMIT_MS = 10_000

/** Opens a session, up to its first ReadyForQuery. Rejects with `Refusal`, `Unreachable`, or 54000 for too long a message. */
export function openUpstreamSession(
  path: string,
  parameters: Record<string, string>,
  credentials: Credentials,
): Promise<UpstreamSession> {
  const socket = connect(path)
  const scram = new ScramClient(credentials)
  const reader = new MessageReader(MAX_MESSAGE)
  const greeting: Buffer[] = []
  let key: UpstreamSession['key'] = null
  let ready: Buffer[] | null = null
  let received = 0

  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    const unreachable = () => fail(new Unreachable())
    const read = (chunk: Buffer) => {
      try {
        return reader.push(chunk)
      } catch {
        fail(new ProxyError('54000', `a setting of the role or database is longer than ${MAX_MESSAGE} bytes`))
        return []
      }
    }
    const answerOf = (body: Buffer) => {
      try {
        return scram.answer(body)
      } catch {
        unreachable()
        return null
      }
    }
    const receive = (chunk: Buffer) => {
      received += chunk.length
      if (received > MAX_GREETING) return unreachable()
      for (const { type, body } of read(chunk)) {
        if (ready) ready.push(message(type, body))
        else if (type === 'Z') ready = [message(type, body)]
        else if (type === 'E') return fail(new Refusal(body))
        else if (type === 'K') {
          key = { processId: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) }
        } else if (type === 'R') {
          const answer = answerOf(body)
          if (answer instanceof Buffer) socket.write(answer)
        } else greeting.push(message(type, body))
      }
      if (!ready) return
      socket.off('data', receive).off('error', unreachable).off('close', unreachable).setTimeout(0).pause()
      ready.push(reader.takeRest())
      resolve({ socket, path, key, greeting: Buffer.concat(greeting), ready: Buffer.concat(ready) })
    }
    socket.on('data', receive).once('error', unreachable).once('close', unreachable)
    socket.setTimeout(OPEN_LIMIT_MS, unreachable)
    socket.write(startup(parameters))
  })
}
