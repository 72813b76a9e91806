/**
 * Postgres as fast as Node can ask it: the extended protocol over a unix socket, statements prepared once, one batch
 * and one Sync a request, batches of many requests in flight on few connections. Peers of the read path stand on it,
 * so that what we are compared with is the best of its kind.
 */
import { connect, type Socket } from 'node:net'
// @ts-expect-error: pg's own, which has no types
import untypedSasl from 'pg/lib/crypto/sasl.js'
import { parse, serialize } from 'pg-protocol'

interface SaslSession {
  mechanism: string
  response: string
}

/** pg's side of SCRAM. */
const sasl: {
  startSession(mechanisms: string[]): SaslSession
  continueSession(session: SaslSession, password: string, data: string): Promise<void>
  finalizeSession(session: SaslSession, data: string): void
} = untypedSasl

export interface WireTarget {
  /** Path of the unix socket. */
  socketPath: string
  user: string
  password: string
  database: string
}

export interface PreparedStatement {
  name: string
  text: string
}

export interface BatchStep {
  statement: PreparedStatement
  values: Array<string | null>
}

export type Row = ReadonlyArray<string | null>

export interface WireConnection {
  /** Runs the steps as one implicit transaction; gives the last row that any of them returned. */
  batch(steps: BatchStep[]): Promise<Row>
  end(): void
}

interface Pending {
  row: Row
  error: Error | null
  resolve(row: Row): void
  reject(error: Error): void
}

/** The messages that are read here, of all that pg-protocol knows. */
interface DataRow {
  name: 'dataRow'
  fields: Row
}

/** What a message on authentication holds. */
interface Sasl {
  mechanisms: string[]
  data: string
}

/** Opens a connection; by SCRAM, as every server of the engine asks for. */
export function openWire(target: WireTarget): Promise<WireConnection> {
  const socket: Socket = connect(target.socketPath)
  const queue: Pending[] = []
  const prepared = new Set<string>()
  return new Promise((resolve, reject) => {
    let ready = false
    let session: SaslSession = { mechanism: '', response: '' }
    const fail = (error: Error) => {
      reject(error)
      for (const pending of queue.splice(0)) pending.reject(error)
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('Postgres closed the connection')))
    socket.on('connect', () => {
      socket.write(serialize.startup({ user: target.user, database: target.database }))
      parse(socket, (message) => {
        switch (message.name) {
          case 'authenticationOk':
          case 'parameterStatus':
          case 'backendKeyData':
            return
          case 'dataRow': {
            const pending = queue[0]
            if (pending) pending.row = (message as unknown as DataRow).fields
            return
          }
          case 'error':
            if (!ready) return fail(message as unknown as Error)
            if (queue[0]) queue[0].error = message as unknown as Error
            return
          case 'readyForQuery':
            if (!ready) {
              ready = true
              resolve({ batch, end: () => socket.end(serialize.end()) })
            } else {
              const done = queue.shift()
              if (done?.error) done.reject(done.error)
              else done?.resolve(done.row)
            }
            return
          case 'authenticationSASL':
            session = sasl.startSession((message as unknown as Sasl).mechanisms)
            socket.write(serialize.sendSASLInitialResponseMessage(session.mechanism, session.response))
            return
          case 'authenticationSASLContinue':
            void answer((message as unknown as Sasl).data).catch(fail)
            return
          case 'authenticationSASLFinal':
            sasl.finalizeSession(session, (message as unknown as Sasl).data)
            return
          case 'authenticationCleartextPassword':
          case 'authenticationMD5Password':
            return fail(new Error(`the server asks ${target.user} for a password in another way than SCRAM`))
        }
      })
    })

    async function answer(data: string): Promise<void> {
      await sasl.continueSession(session, target.password, data)
      socket.write(serialize.sendSCRAMClientFinalMessage(session.response))
    }

    function batch(steps: BatchStep[]): Promise<Row> {
      const parts: Buffer[] = []
      for (const { statement, values } of steps) {
        if (!prepared.has(statement.name)) {
          prepared.add(statement.name)
          parts.push(serialize.parse({ name: statement.name, text: statement.text, types: [] }))
        }
        parts.push(serialize.bind({ statement: statement.name, values }), serialize.execute({}))
      }
      parts.push(serialize.sync())
      return new Promise((done, broken) => {
        queue.push({ row: [], error: null, resolve: done, reject: broken })
        socket.write(Buffer.concat(parts))
      })
    }
  })
}

/** A few connections, taken in turn. */
export async function openWires(target: WireTarget, count: number): Promise<WireConnection> {
  const wires = await Promise.all(Array.from({ length: count }, () => openWire(target)))
  let next = 0
  return {
    batch(steps) {
      const wire = wires[next++ % wires.length]
      if (!wire) throw new Error('no connection')
      return wire.batch(steps)
    },
    end: () => {
      for (const wire of wires) wire.end()
    },
  }
}
