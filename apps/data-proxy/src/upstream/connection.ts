import { connect, type Socket } from 'node:net'
import {
  type ErrorFields,
  NO_ROWS,
  type RowDescription,
  readCommandTag,
  readCString,
  readError,
  readRowDescription,
} from '../wire/backend.ts'
import {
  bindAndExecute,
  cancelRequest,
  closeStatement,
  describeStatement,
  parse,
  SYNC,
  startup,
  TERMINATE,
} from '../wire/frontend.ts'
import { type Message, MessageReader, MessageTooLarge } from '../wire/messages.ts'
import { CLEANUP, CLEANUP_WITHIN, PREPARE_CLEANUP } from './cleanup.ts'
import { type Prepared, StatementCache } from './statement-cache.ts'

export interface Statement {
  text: string
  params: readonly (string | null)[]
}

export interface StatementResult {
  description: RowDescription
  /** DataRows as they came; `readRow` reads one. */
  rows: Buffer[]
  command: string
  rowCount: number | null
}

/** What became of a pipeline: the results before the first error, and that error. */
export interface PipelineOutcome {
  results: StatementResult[]
  error: ErrorFields | null
}

export interface PipelineRun {
  /** Rejects with `ConnectionLost`, `ResultTooLarge` or `CopyRefused`. */
  outcome: Promise<PipelineOutcome>
  /** Whether the session is again as it was before; known somewhat later than the outcome. Never rejects. */
  isClean: Promise<boolean>
}

/** The connection is of no more use, and nobody knows how much of the pipeline was executed. */
export class ConnectionLost extends Error {}

/** The result grew over the cap; the connection is closed to stop it. */
export class ResultTooLarge extends Error {}

/** `COPY … FROM STDIN` or `TO STDOUT`: there is no stream to copy over; the connection is closed to leave that mode. */
export class CopyRefused extends Error {}

/** Of all rows together, as Postgres writes them. */
export const MAX_RESULT_BYTES = 10 * 1024 * 1024
const MAX_MESSAGE_BYTES = MAX_RESULT_BYTES + 64 * 1024
/** What a row costs beside its values, so that empty rows count too. */
const ROW_BYTES = 16
const CONNECT_TIMEOUT_MS = 10_000
/** The server is going away, rather than this statement having gone wrong. */
const SHUTDOWN = /^57P0[123]$/

/**
 * Where a session is cleaned up: `behind` everything, on a Sync of its own, or `within` the pipeline, which is for
 * statements that begin and end one transaction and that no client could add an end to.
 */
export type CleanupPlace = 'behind' | 'within'

interface Pipeline {
  place: CleanupPlace
  /** Statements that were asked for; what is answered after them is the cleanup's. */
  size: number
  hasFailedCleanup: boolean
  prepared: Prepared[]
  results: StatementResult[]
  rows: Buffer[]
  bytes: number
  error: ErrorFields | null
  resolve(outcome: PipelineOutcome): void
  reject(error: Error): void
  settle(isClean: boolean): void
}

type State =
  | { phase: 'opening'; resolve(): void; reject(error: Error | ErrorFields): void }
  | { phase: 'idle' }
  | { phase: 'running'; pipeline: Pipeline }
  | { phase: 'cleaning'; settle(isClean: boolean): void; hasFailed: boolean }
  | { phase: 'lost'; reason: string }

/**
 * One session with Postgres over its unix socket, for pipelines: every statement of a batch leaves in one write and
 * comes back in one answer. Statements are prepared once per session and found again by their text.
 */
export class UpstreamConnection {
  readonly #socket: Socket
  readonly #path: string
  readonly #onLost: (connection: UpstreamConnection) => void
  readonly #reader = new MessageReader(MAX_MESSAGE_BYTES)
  readonly #statements = new StatementCache()
  #key: { processId: number; secret: Buffer } | null = null
  #state: State = { phase: 'idle' }
  /** ReadyForQuery comes twice while opening: of the startup, and of the cleanup's preparation. */
  #readyToCome = 2

  private constructor(path: string, onLost: (connection: UpstreamConnection) => void) {
    this.#path = path
    this.#onLost = onLost
    this.#socket = connect(path)
    this.#socket.on('data', (chunk) => this.#receive(chunk))
    this.#socket.on('error', (error) => this.#lose(error))
    this.#socket.on('close', () => this.#lose(new ConnectionLost('the server closed the connection')))
  }

  /**
   * Opens a session. Rejects with `ConnectionLost`, or with the server's own `ErrorFields` where it refused. `onLost`
   * is called once, however the session ends.
   */
  static async open(
    path: string,
    parameters: Record<string, string>,
    onLost: (connection: UpstreamConnection) => void = () => {},
  ): Promise<UpstreamConnection> {
    const connection = new UpstreamConnection(path, onLost)
    const socket = connection.#socket
    const timeout = () => connection.#lose(new ConnectionLost('the server did not answer in time'))
    socket.setTimeout(CONNECT_TIMEOUT_MS, timeout)
    await new Promise<void>((resolve, reject) => {
      connection.#state = { phase: 'opening', resolve, reject }
      socket.write(Buffer.concat([startup(parameters), PREPARE_CLEANUP]))
    })
    socket.setTimeout(0, timeout)
    return connection
  }

  get isUsable(): boolean {
    return this.#state.phase !== 'lost'
  }

  /** Runs the statements in one round trip, up to the first error, and cleans up behind them. One run at a time. */
  run(statements: readonly Statement[], place: CleanupPlace = 'behind'): PipelineRun {
    const outcome = Promise.withResolvers<PipelineOutcome>()
    const isClean = Promise.withResolvers<boolean>()
    const pipeline: Pipeline = {
      place,
      size: statements.length,
      hasFailedCleanup: false,
      prepared: [],
      results: [],
      rows: [],
      bytes: 0,
      error: null,
      resolve: outcome.resolve,
      reject: outcome.reject,
      settle: isClean.resolve,
    }
    if (this.#state.phase === 'idle') {
      this.#state = { phase: 'running', pipeline }
      this.#socket.write(this.#encode(statements, pipeline))
    } else {
      outcome.reject(new ConnectionLost(`the session is ${this.#state.phase}`))
      isClean.resolve(false)
    }
    return { outcome: outcome.promise, isClean: isClean.promise }
  }

  /** Forgets what it prepared, here and at the server: definitions changed under it. */
  forgetStatements(): void {
    this.#closeStatements(this.#statements.clear())
  }

  /** Asks the server to end the running statement; best effort, as in every client. */
  cancel(): void {
    if (this.#key && this.#state.phase === 'running') sendCancel(this.#path, this.#key)
  }

  close(): void {
    if (this.#state.phase === 'lost') return
    this.#socket.write(TERMINATE)
    this.#lose(new ConnectionLost('closed'))
  }

  #encode(statements: readonly Statement[], pipeline: Pipeline): Buffer {
    const parts: Buffer[] = []
    const fresh = new Map<string, Prepared>()
    for (const { text, params } of statements) {
      let prepared = this.#statements.find(text) ?? fresh.get(text)
      if (!prepared) {
        prepared = { text, name: this.#statements.nameFor(text), description: NO_ROWS }
        if (prepared.name !== '') fresh.set(text, prepared)
        parts.push(parse(prepared.name, text), describeStatement(prepared.name))
      }
      pipeline.prepared.push(prepared)
      parts.push(bindAndExecute(prepared.name, params))
    }
    if (pipeline.place === 'within') parts.push(CLEANUP_WITHIN, SYNC)
    else parts.push(SYNC, CLEANUP)
    return Buffer.concat(parts)
  }

  #receive(chunk: Buffer): void {
    try {
      for (const received of this.#reader.push(chunk)) this.#handle(received)
    } catch (error) {
      const isTooLarge = error instanceof MessageTooLarge && this.#state.phase === 'running'
      this.#lose(isTooLarge ? new ResultTooLarge() : (error as Error))
    }
  }

  #handle(received: Message): void {
    const state = this.#state
    if (state.phase === 'running') {
      if (received.type === 'Z') this.#endAnswer(state.pipeline, received)
      else if (!isCleaning(state.pipeline)) this.#handleAnswer(state.pipeline, received)
      else if (received.type === 'E') state.pipeline.hasFailedCleanup = true
    } else if (state.phase === 'cleaning') {
      if (received.type === 'E') state.hasFailed = true
      if (received.type === 'Z') {
        this.#state = { phase: 'idle' }
        state.settle(!state.hasFailed && statusOf(received) === 'I')
      }
    } else if (state.phase === 'opening') this.#handleOpening(state, received)
  }

  #handleOpening(state: Extract<State, { phase: 'opening' }>, { type, body }: Message): void {
    if (type === 'K') {
      this.#key = { processId: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) }
    } else if (type === 'E') {
      state.reject(readError(body))
      this.#lose(new ConnectionLost('the server refused the session'))
    } else if (type === 'R' && body.readInt32BE(0) !== 0) {
      this.#lose(new ConnectionLost('the server asks for a password'))
    } else if (type === 'Z' && --this.#readyToCome === 0) {
      this.#state = { phase: 'idle' }
      state.resolve()
    }
  }

  #handleAnswer(pipeline: Pipeline, received: Message): void {
    switch (received.type) {
      case 'D':
        this.#addRow(pipeline, received.body)
        return
      case 'C':
        complete(pipeline, readCString(received.body))
        return
      case 'I':
        complete(pipeline, '')
        return
      case 'T':
        this.#describe(pipeline, readRowDescription(received.body))
        return
      case 'n':
        this.#describe(pipeline, NO_ROWS)
        return
      case 'E':
        pipeline.error ??= readError(received.body)
        return
      case 'G':
      case 'H':
      case 'W':
        this.#lose(new CopyRefused())
        return
      default:
        return
    }
  }

  #endAnswer({ results, error, place, hasFailedCleanup, resolve, settle }: Pipeline, ready: Message): void {
    if (place === 'within' && !error) {
      this.#state = { phase: 'idle' }
      settle(!hasFailedCleanup && statusOf(ready) === 'I')
    } else {
      this.#state = { phase: 'cleaning', settle, hasFailed: false }
      // What came after the error was skipped, the cleanup too.
      if (place === 'within') this.#socket.write(CLEANUP)
    }
    resolve({ results, error })
  }

  #addRow(pipeline: Pipeline, body: Buffer): void {
    pipeline.bytes += body.length + ROW_BYTES
    if (pipeline.bytes > MAX_RESULT_BYTES) this.#lose(new ResultTooLarge())
    else pipeline.rows.push(body)
  }

  /** Of a statement that was just prepared. */
  #describe(pipeline: Pipeline, description: RowDescription): void {
    const prepared = pipeline.prepared[pipeline.results.length]
    if (!prepared) return
    prepared.description = description
    this.#closeStatements(this.#statements.add(prepared))
  }

  /** Takes effect after what is under way, and is answered with what comes next: no Sync of its own. */
  #closeStatements(names: string[]): void {
    if (names.length > 0 && this.isUsable) this.#socket.write(Buffer.concat(names.map(closeStatement)))
  }

  /** The end of the session, once. A statement that still runs is cancelled: the server would notice too late. */
  #lose(error: Error): void {
    const state = this.#state
    if (state.phase === 'lost') return
    if (state.phase === 'running' && !(error instanceof ConnectionLost)) this.cancel()
    this.#state = { phase: 'lost', reason: error.message }
    const lost =
      error instanceof ResultTooLarge || error instanceof CopyRefused
        ? error
        : new ConnectionLost(error.message, { cause: error })
    if (state.phase === 'opening') state.reject(lost)
    if (state.phase === 'cleaning') state.settle(false)
    if (state.phase === 'running') {
      const { results, error: fields, resolve, reject, settle } = state.pipeline
      // A statement can cost the session, as transaction_timeout does; its error is then the answer.
      if (fields?.V === 'FATAL' && !SHUTDOWN.test(fields.C ?? '')) resolve({ results, error: fields })
      else reject(lost)
      settle(false)
    }
    this.#socket.destroy()
    this.#onLost(this)
  }
}

/** Whether what is answered now is the cleanup's. */
function isCleaning({ place, results, size, error }: Pipeline): boolean {
  return place === 'within' && error === null && results.length === size
}

function complete(pipeline: Pipeline, tag: string): void {
  const description = pipeline.prepared[pipeline.results.length]?.description ?? NO_ROWS
  pipeline.results.push({ description, rows: pipeline.rows, ...readCommandTag(tag) })
  pipeline.rows = []
}

function statusOf({ body }: Message): string {
  return String.fromCharCode(body[0] ?? 0)
}

/** `done` is called when the server has taken note, by closing. */
export function sendCancel(
  path: string,
  { processId, secret }: { processId: number; secret: Buffer },
  done: () => void = () => {},
): void {
  const socket = connect(path)
  socket.on('error', () => {})
  socket.once('close', done)
  socket.resume().end(cancelRequest(processId, secret))
}
