import { connect, type Socket } from 'node:net'
import {
  type ErrorFields,
  type Field,
  readCommandTag,
  readCString,
  readError,
  readFields,
  readRow,
} from '../wire/backend.ts'
import {
  bindAndExecute,
  cancelRequest,
  closeStatement,
  describeStatement,
  parse,
  SYNC,
  simpleQuery,
  startup,
  TERMINATE,
} from '../wire/frontend.ts'
import { type Message, MessageReader } from '../wire/messages.ts'

export interface Statement {
  text: string
  params: readonly (string | null)[]
}

export interface StatementResult {
  fields: Field[]
  rows: (string | null)[][]
  command: string
  rowCount: number | null
}

/** What became of a pipeline: the results before the first error, and that error. */
export interface PipelineOutcome {
  results: StatementResult[]
  error: ErrorFields | null
  /** The state after the last message: idle, in a transaction, in a failed one. */
  status: 'I' | 'T' | 'E'
}

/** The connection is of no more use; nothing, or nobody knows how much, of the pipeline was executed. */
export class ConnectionLost extends Error {}

/** The result grew over the cap; the connection is closed to stop it. */
export class ResultTooLarge extends Error {}

const MAX_MESSAGE_BYTES = 0x3fff_ffff
const STATEMENT_CACHE_SIZE = 200
const CONNECT_TIMEOUT_MS = 10_000

interface Pipeline {
  statements: readonly Statement[]
  results: StatementResult[]
  error: ErrorFields | null
  bytes: number
  maxBytes: number
  prepared: (Prepared | null)[]
  resolve(outcome: PipelineOutcome): void
  reject(error: Error): void
}

interface Prepared {
  name: string
  fields: Field[]
}

/**
 * One session with Postgres over its unix socket, for pipelines: every statement of a batch leaves in one write and
 * comes back in one answer. Statements are prepared once per session and found again by their text.
 */
export class UpstreamConnection {
  readonly #socket: Socket
  readonly #reader = new MessageReader(MAX_MESSAGE_BYTES)
  readonly #path: string
  readonly #statements = new Map<string, Prepared>()
  #nextName = 1
  #key: { processId: number; secret: Buffer } | null = null
  #current: Pipeline | null = null
  /** Rows of the statement whose answer is coming in. */
  #rows: (string | null)[][] = []
  #onReady: ((error: Error | ErrorFields | null) => void) | null = null
  #lost: Error | null = null

  private constructor(socket: Socket, path: string) {
    this.#socket = socket
    this.#path = path
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** Opens a session. Rejects with `ConnectionLost`, or with the server's own `ErrorFields` where it refused. */
  static async open(path: string, parameters: Record<string, string>): Promise<UpstreamConnection> {
    const socket = connect(path)
    socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
      socket.destroy(new Error('the server did not answer in time')),
    )
    const connection = new UpstreamConnection(socket, path)
    await new Promise<void>((resolve, reject) => {
      connection.#onReady = (error) => (error === null ? resolve() : reject(error))
      socket.write(startup(parameters))
    })
    socket.setTimeout(0)
    return connection
  }

  get isUsable(): boolean {
    return this.#lost === null
  }

  /** Runs the statements in one round trip, up to the first error. One pipeline at a time. */
  run(statements: readonly Statement[], maxBytes: number): Promise<PipelineOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(new ConnectionLost(this.#lost.message))
      const prepared = statements.map(({ text }) => this.#recall(text))
      this.#current = { statements, results: [], error: null, bytes: 0, maxBytes, prepared, resolve, reject }
      this.#socket.write(this.#encode(this.#current))
    })
  }

  /** Runs a statement in the simple protocol, for what may not stand in a pipeline; true where it succeeded. */
  runSimple(text: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(new ConnectionLost(this.#lost.message))
      this.#current = {
        statements: [],
        results: [],
        error: null,
        bytes: 0,
        maxBytes: MAX_MESSAGE_BYTES,
        prepared: [],
        resolve: ({ error }) => resolve(error === null),
        reject,
      }
      this.#socket.write(simpleQuery(text))
    })
  }

  /** Forgets what it prepared: after `DISCARD ALL`, or when definitions changed under it. */
  forgetStatements(): void {
    this.#statements.clear()
  }

  /** Asks the server to end the running statement; best effort, as in every client. */
  cancel(): void {
    if (!this.#key || !this.#current) return
    const { processId, secret } = this.#key
    const socket = connect(this.#path)
    socket.on('error', () => {})
    socket.end(cancelRequest(processId, secret))
  }

  close(): void {
    if (this.#lost) return
    this.#lost = new Error('closed')
    this.#socket.end(TERMINATE)
    this.#current?.reject(new ConnectionLost('closed'))
  }

  /** The prepared statement of this text, which so becomes the one used last. */
  #recall(text: string): Prepared | null {
    const prepared = this.#statements.get(text)
    if (!prepared) return null
    this.#statements.delete(text)
    this.#statements.set(text, prepared)
    return prepared
  }

  #encode({ statements, prepared }: Pipeline): Buffer {
    const parts: Buffer[] = []
    const named = new Map<string, Prepared>()
    statements.forEach(({ text, params }, index) => {
      let statement = prepared[index] ?? named.get(text)
      if (!statement) {
        statement = { name: `s${this.#nextName++}`, fields: [] }
        named.set(text, statement)
        parts.push(parse(statement.name, text), describeStatement(statement.name))
        prepared[index] = statement
      } else {
        prepared[index] = statement
      }
      parts.push(bindAndExecute(statement.name, params))
    })
    parts.push(SYNC)
    return Buffer.concat(parts)
  }

  #receive(chunk: Buffer): void {
    try {
      for (const received of this.#reader.push(chunk)) this.#handle(received)
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #handle({ type, body }: Message): void {
    const pipeline = this.#current
    switch (type) {
      case 'D':
        if (pipeline) this.#addRow(pipeline, body)
        return
      case 'C':
        if (pipeline) this.#complete(pipeline, readCString(body))
        return
      case 'I':
        if (pipeline) this.#complete(pipeline, '')
        return
      case 'T': {
        const statement = pipeline?.prepared[pipeline.results.length]
        if (statement) statement.fields = readFields(body)
        return
      }
      case '1': {
        const index = pipeline?.results.length ?? 0
        const [statement, prepared] = [pipeline?.statements[index], pipeline?.prepared[index]]
        if (statement && prepared) this.#remember(statement.text, prepared)
        return
      }
      case 'E':
        this.#handleError(readError(body))
        return
      case 'Z':
        this.#ready(String.fromCharCode(body[0] ?? 0) as 'I' | 'T' | 'E')
        return
      case 'K':
        this.#key = { processId: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) }
        return
      case 'R':
        if (body.readInt32BE(0) !== 0) this.#fail(new Error('the server asks for a password'))
        return
      default:
        return
    }
  }

  #addRow(pipeline: Pipeline, body: Buffer): void {
    pipeline.bytes += body.length
    if (pipeline.bytes > pipeline.maxBytes) {
      pipeline.reject(new ResultTooLarge())
      this.#current = null
      this.cancel()
      this.#lost = new Error('closed to stop a result')
      this.#socket.destroy()
      return
    }
    this.#rows.push(readRow(body))
  }

  #complete(pipeline: Pipeline, tag: string): void {
    const fields = pipeline.prepared[pipeline.results.length]?.fields ?? []
    pipeline.results.push({ fields, rows: this.#rows, ...readCommandTag(tag) })
    this.#rows = []
  }

  #handleError(fields: ErrorFields): void {
    if (this.#current) this.#current.error ??= fields
    else if (this.#onReady) {
      this.#onReady(fields)
      this.#onReady = null
    }
  }

  #ready(status: 'I' | 'T' | 'E'): void {
    this.#rows = []
    if (this.#onReady) {
      this.#onReady(null)
      this.#onReady = null
      return
    }
    const pipeline = this.#current
    this.#current = null
    pipeline?.resolve({ results: pipeline.results, error: pipeline.error, status })
  }

  #remember(text: string, prepared: Prepared): void {
    this.#statements.set(text, prepared)
    if (this.#statements.size <= STATEMENT_CACHE_SIZE) return
    const oldest = this.#statements.entries().next().value
    if (!oldest) return
    this.#statements.delete(oldest[0])
    this.#socket.write(closeStatement(oldest[1].name))
  }

  #fail(error: Error): void {
    this.#lost ??= error
    this.#socket.destroy()
    const lost = new ConnectionLost(error.message)
    this.#onReady?.(lost)
    this.#onReady = null
    const pipeline = this.#current
    this.#current = null
    pipeline?.reject(lost)
  }
}
