/** One pooled session with a server: sends pipelines and reads what is answered to them. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { type ErrorFields, NO_ROWS, readError } from '@db9/postgres/backend'
import {
  bindAndExecute,
  cancelRequest,
  closeStatement,
  describeStatement,
  parse,
  SYNC,
  startup,
  TERMINATE,
} from '@db9/postgres/frontend'
import { type Message, MessageReader, MessageTooLarge } from '@db9/postgres/messages'
import { type Credentials, ScramClient } from '@db9/postgres/scram/client'
import { CLEANUP, CLEANUP_WITHIN, CleanupAnswer, PREPARE_CLEANUP } from './cleanup.ts'
import { ConnectionLost, CopyRefused, NotRun, ResultTooLarge } from './errors.ts'
import {
  type Cleaning,
  MAX_RESULT_BYTES,
  Pipeline,
  type PipelineOutcome,
  type Statement,
} from './pipeline.ts'
import { type Prepared, StatementCache } from './statement-cache.ts'

export interface PipelineRun {
  /** Rejects with `ConnectionLost`, `ResultTooLarge`, `CopyRefused` or `NotRun`. */
  outcome: Promise<PipelineOutcome>
  /** Whether the session is again as it was before; known somewhat later than the outcome. Never rejects. */
  isClean: Promise<boolean>
  /** Whether something that was sent before it has yet to be answered. */
  isWaiting(): boolean
}

const MAX_MESSAGE_BYTES = MAX_RESULT_BYTES + 64 * 1024
/** Of one answer with all that comes beside its rows, or unasked: a server may be anything that its owner made of it. */
const MAX_ANSWER_BYTES = 3 * MAX_RESULT_BYTES
const CONNECT_TIMEOUT_MS = 10_000
const NAME_BYTES = 12
/** What ReadyForQuery says of a session outside of any transaction. */
const IDLE = 0x49
/**
 * Whether others share the session. `exclusive`: none do, and the session is cleaned up behind the pipeline, on a Sync of its
 * own. `pipelined`: it begins and ends one transaction, which no client could add an end to, so that the session
 * can be cleaned up on the pipeline's own Sync, and others can be sent behind it before it is answered.
 */
export type RunMode = 'exclusive' | 'pipelined'

/** What was sent and is to be answered with a ReadyForQuery: a pipeline, or the cleanup behind one. */
type Sent =
  | { kind: 'pipeline'; pipeline: Pipeline }
  | { kind: 'cleanup'; pipeline: Pipeline; answer: CleanupAnswer }

type State =
  | { phase: 'opening'; scram: ScramClient; resolve(): void; reject(error: Error | ErrorFields): void }
  | { phase: 'open' }
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
  readonly #statements = new StatementCache(randomBytes(NAME_BYTES).toString('base64url'))
  #key: { processId: number; secret: Buffer } | null = null
  #state: State = { phase: 'open' }
  /** In the order in which they were sent, which is that of the answers. */
  readonly #line: Sent[] = []
  #wasCancelled = false
  /** Received since the last ReadyForQuery. */
  #answerBytes = 0
  #isHeld = false
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
    credentials: Credentials,
    onLost: (connection: UpstreamConnection) => void = () => {},
  ): Promise<UpstreamConnection> {
    const connection = new UpstreamConnection(path, onLost)
    const socket = connection.#socket
    const timeout = () => connection.#lose(new ConnectionLost('the server did not answer in time'))
    socket.setTimeout(CONNECT_TIMEOUT_MS, timeout)
    await new Promise<void>((resolve, reject) => {
      connection.#state = { phase: 'opening', scram: new ScramClient(credentials), resolve, reject }
      socket.write(startup(parameters))
    })
    socket.setTimeout(0, timeout)
    return connection
  }

  get isUsable(): boolean {
    return this.#state.phase !== 'lost'
  }

  /** Whether more may be sent behind what is under way: a cancel would hit the run that is under way when it arrives. */
  get isJoinable(): boolean {
    return this.isUsable && !this.#wasCancelled
  }

  /**
   * Runs the statements in one round trip, up to the first error; the session is cleaned up before any other run on
   * it. A `pipelined` one may be sent while others of that mode are under way.
   */
  run(statements: readonly Statement[], mode: RunMode = 'exclusive'): PipelineRun {
    const isFirst = this.#line.length === 0
    const behindOrNone: Cleaning = mode === 'pipelined' ? 'behind' : 'none'
    const pipeline = new Pipeline(statements.length, isFirst ? behindOrNone : 'before')
    const sent: Sent = { kind: 'pipeline', pipeline }
    if (this.#state.phase === 'open' && (isFirst || mode === 'pipelined')) {
      // Before it is counted on to be answered: it throws where there are more values than a message takes.
      const bytes = this.#encode(statements, pipeline)
      this.#line.push(sent)
      this.#send(bytes)
    } else pipeline.lose(new NotRun())
    return {
      outcome: pipeline.ended.promise,
      isClean: pipeline.cleaned.promise,
      isWaiting: () => this.#line.indexOf(sent) > 0,
    }
  }

  /** What is sent in one turn of the event loop leaves in one write: each is a wake of the server's process. */
  #send(bytes: Buffer): void {
    if (!this.#isHeld) {
      this.#isHeld = true
      this.#socket.cork()
      setImmediate(() => {
        this.#isHeld = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(bytes)
  }

  /** Forgets what it prepared, here and at the server: definitions changed under it. */
  forgetStatements(): void {
    this.#closeStatements(this.#statements.clear())
  }

  /** Asks the server to end the running statement, best effort, as in every client; false where others would be hit. */
  cancel(): boolean {
    const isAlone = this.#line.length === 1 && this.#line[0]?.kind === 'pipeline'
    if (!this.#key || !isAlone) return false
    this.#wasCancelled = true
    sendCancel(this.#path, this.#key)
    return true
  }

  close(): void {
    if (this.#state.phase === 'lost') return
    this.#socket.write(TERMINATE)
    this.#lose(new ConnectionLost('closed'))
  }

  #encode(statements: readonly Statement[], pipeline: Pipeline): Buffer {
    const parts: Buffer[] = pipeline.cleaning === 'before' ? [CLEANUP_WITHIN] : []
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
    if (pipeline.cleaning === 'behind') parts.push(CLEANUP_WITHIN)
    parts.push(SYNC)
    return Buffer.concat(parts)
  }

  #receive(chunk: Buffer): void {
    this.#answerBytes += chunk.length
    try {
      if (this.#answerBytes > MAX_ANSWER_BYTES) throw new MessageTooLarge('an answer without end')
      for (const received of this.#reader.push(chunk)) this.#handle(received)
    } catch (error) {
      const isTooLarge = error instanceof MessageTooLarge && this.#line.length > 0
      this.#lose(isTooLarge ? new ResultTooLarge() : (error as Error))
    }
  }

  #handle(received: Message): void {
    const [sent] = this.#line
    if (this.#state.phase === 'opening') this.#handleOpening(this.#state, received)
    else if (received.type === 'Z') this.#endAnswer(received)
    else if (sent?.kind === 'cleanup') sent.answer.take(received)
    else if (sent) this.#keep(sent.pipeline.take(received))
  }

  #handleOpening(state: Extract<State, { phase: 'opening' }>, { type, body }: Message): void {
    if (type === 'K') {
      this.#key = { processId: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) }
    } else if (type === 'E') {
      state.reject(readError(body))
      this.#lose(new ConnectionLost('the server refused the session'))
    } else if (type === 'R') {
      const answer = state.scram.answer(body)
      // What prepares the session need not wait for its first ReadyForQuery.
      if (answer !== null) this.#socket.write(answer === 'authenticated' ? PREPARE_CLEANUP : answer)
    } else if (type === 'Z' && --this.#readyToCome === 0) {
      this.#state = { phase: 'open' }
      state.resolve()
    }
  }

  #endAnswer(ready: Message): void {
    this.#answerBytes = 0
    const sent = this.#line.shift()
    if (!sent) return
    const isIdle = ready.body[0] === IDLE
    const { pipeline } = sent
    if (sent.kind === 'cleanup') pipeline.cleaned.resolve(sent.answer.isDone && isIdle)
    else {
      pipeline.end()
      // The next pipeline begins with a cleanup.
      if (this.#line.length > 0) pipeline.cleaned.resolve(true)
      else if (pipeline.isCleanedUp && isIdle) pipeline.cleaned.resolve(true)
      else {
        this.#line.push({ kind: 'cleanup', pipeline, answer: new CleanupAnswer('whole') })
        this.#send(CLEANUP)
      }
    }
  }

  /** Keeps a statement that the server has prepared, and makes it give up others for it. */
  #keep(prepared: Prepared | null): void {
    if (prepared) this.#closeStatements(this.#statements.add(prepared))
  }

  /** Takes effect after what is under way, and is answered with what comes next: no Sync of its own. */
  #closeStatements(names: string[]): void {
    if (names.length > 0 && this.isUsable) this.#send(Buffer.concat(names.map(closeStatement)))
  }

  /** The end of the session, once. A statement that still runs is cancelled: the server would notice too late. */
  #lose(error: Error): void {
    const state = this.#state
    if (state.phase === 'lost') return
    const [head, ...behind] = this.#line.splice(0)
    if (head && !(error instanceof ConnectionLost) && this.#key) sendCancel(this.#path, this.#key)
    this.#state = { phase: 'lost', reason: error.message }
    const lost =
      error instanceof ResultTooLarge || error instanceof CopyRefused
        ? error
        : new ConnectionLost(error.message, { cause: error })
    if (state.phase === 'opening') state.reject(lost)
    head?.pipeline.lose(lost)
    for (const { pipeline } of behind) pipeline.lose(new NotRun())
    this.#socket.destroy()
    this.#onLost(this)
  }
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
