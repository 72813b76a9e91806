/** The host of functions: runs versions in runtime processes, one for each database, and answers what those ask. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { totalmem } from 'node:os'
import { FUNCTION_LIMITS } from '@db9/types/function-limits'
import type {
  CheckReply,
  CodeSpec,
  FunctionAccount,
  RunReply,
  RunRequest,
  RunStart,
} from '@db9/types/functions-part'
import { within } from '@db9/types/within'
import type { Logger } from 'pino'
import { BundleError } from './code/bundle-error.ts'
import type { BundleStore } from './code/store.ts'
import { isolateNameOf, toLoaded } from './code/version.ts'
import { type EgressDeps, serveEgress } from './egress/egress.ts'
import { HostError } from './errors.ts'
import { placesToGiveUp } from './places.ts'
import type { RuntimeHandlers, RuntimeProcess, RuntimeRequest } from './process/runtime-process.ts'
import { readText, TooLong } from './read-text.ts'
import { DatabaseRuntime } from './runs/database-runtime.ts'
import { ENCODED, failureOf, isEncoded, messageIn, outcomeOf, toOutcome } from './runs/outcome.ts'
import { type EndReason, Run } from './runs/run.ts'
import type { FunctionSql } from './runs/sql.ts'

/** How long a check of a version may take; nothing of it runs but its top level. */
const CHECK_MS = 5_000
/** How long the last lines of a run may take to come after its answer. */
const LAST_LINES_MS = 2_000
/** Half of the memory, at what one process takes that is used well. */
const MOST_DATABASES = Math.max(8, Math.min(256, Math.floor(totalmem() / 2 / (256 * 2 ** 20))))
/** Calls to the network that functions of one database may have under way. */
const MOST_CALLS = 64
const MOST_SQL_BYTES = 2 * 2 ** 20

export interface HostDeps {
  bundles: BundleStore
  sql: Pick<FunctionSql, 'query'>
  startProcess(handlers: RuntimeHandlers): Promise<RuntimeProcess>
  /** Told of each first process, for the start after a crash. */
  onLaunched(pid: number): void
  log: Logger
  egress?: EgressDeps
  idleMs?: number
  pingMs?: number
  /** That have processes at once. */
  mostDatabases?: number
}

/** A call of a function over HTTP. */
export interface HttpCall extends Pick<RuntimeRequest, 'method' | 'headers' | 'body' | 'signal'> {
  code: CodeSpec
  start: RunStart
  /** What the function sees as the request's URL. */
  url: string
}

export interface HttpOutcome {
  /** `failed`, `late`: nothing was answered. */
  kind: 'answered' | 'failed' | 'late'
  reply: RunReply
}

interface Database {
  account: FunctionAccount
  runtime: DatabaseRuntime
  /** Calls to the network that are under way. */
  calls: number
  /** What its processes may load, by the names of isolates. */
  versions: Map<string, CodeSpec>
}

export class FunctionsHost {
  readonly #deps: HostDeps
  readonly #databases = new Map<string, Database>()
  /** Under way, by id and by token. */
  readonly #runs = new Map<string, Run>()
  readonly #tokens = new Map<string, Run>()

  constructor(deps: HostDeps) {
    this.#deps = deps
  }

  /** Loads a version, and gives what the runtime says where it does not load. */
  async check(code: CodeSpec): Promise<CheckReply> {
    const run = new Run(code, { ...NO_RUN, timeout_ms: CHECK_MS })
    try {
      const { reply, text } = await this.#ask(run, '/check', null)
      return { message: reply.statusCode === 204 ? null : messageIn(text) }
    } catch (error) {
      if (error instanceof BundleError) return { message: error.message }
      if (error instanceof HostError) throw error
      return { message: 'the code does not come to its end while it is loaded, or takes too much memory' }
    }
  }

  /** One run, with its result as JSON. */
  async run({ code, start, input }: RunRequest, signal: AbortSignal): Promise<RunReply> {
    const run = new Run(code, start)
    const begun = Date.now()
    const release = this.#begin(run, signal, 'cancelled')
    const finish = (outcome: Pick<RunReply, 'status' | 'result_json' | 'error'>): RunReply => ({
      ...outcome,
      logs: run.log.text,
      duration_ms: Date.now() - begun,
    })
    try {
      const { reply, text } = await this.#ask(run, '/', toRunHeader(run, 'invoke', input))
      return finish(toOutcome(reply, text))
    } catch (error) {
      if (error instanceof HostError) throw error
      const outcome = outcomeOf(run, error)
      if (run.reason === null && !(error instanceof BundleError) && !(error instanceof TooLong))
        this.#deps.log.warn({ err: error, run_id: run.id }, 'a run was lost')
      run.log.add('error', outcome.error)
      return finish({ ...outcome, result_json: null })
    } finally {
      release()
    }
  }

  /**
   * One run for a request over HTTP, whose answer is the function's own, passed on as it comes. `answer` gets its head; it resolves when
   * the client has the body.
   */
  async serve(call: HttpCall, answer: (reply: IncomingMessage) => Promise<void>): Promise<HttpOutcome> {
    const run = new Run(call.code, call.start)
    const release = this.#begin(run, call.signal, 'client_gone')
    const begun = Date.now()
    const finish = (kind: HttpOutcome['kind'], outcome: Pick<RunReply, 'status' | 'error'>): HttpOutcome => ({
      kind,
      reply: { ...outcome, result_json: null, logs: run.log.text, duration_ms: Date.now() - begun },
    })
    let isAnswered = false
    try {
      const request = {
        method: call.method,
        path: '/',
        headers: {
          ...call.headers,
          'x-db9-url': call.url,
          'x-db9-run': encodeURIComponent(toRunHeader(run, 'http', null)),
        },
        body: call.body,
      }
      return await this.#send(run, request, async (reply) => {
        if (isEncoded(reply)) {
          reply.destroy()
          return finish('failed', { status: 'failed', error: ENCODED })
        }
        if (failureOf(reply)) {
          const error = messageIn(await readText(reply, FUNCTION_LIMITS.resultBytes))
          return finish('failed', { status: 'failed', error })
        }
        isAnswered = true
        await answer(reply)
        // Work that was promised to go on after the answer.
        await within(run.timeLeft(), run.lastLine, () => {})
        return finish('answered', { status: 'completed', error: null })
      })
    } catch (error) {
      if (error instanceof HostError) throw error
      const outcome = outcomeOf(run, error)
      run.log.add('error', outcome.error)
      return finish(isAnswered ? 'answered' : run.reason === 'timed_out' ? 'late' : 'failed', outcome)
    } finally {
      release()
    }
  }

  /** The run is under way, and ends with the signal, until the function that this returns is called. */
  #begin(run: Run, signal: AbortSignal, reason: EndReason): () => void {
    const end = () => run.end(reason)
    signal.addEventListener('abort', end, { once: true })
    this.#runs.set(run.id, run)
    this.#tokens.set(run.token, run)
    if (signal.aborted) end()
    return () => {
      signal.removeEventListener('abort', end)
      this.#runs.delete(run.id)
      this.#tokens.delete(run.token)
    }
  }

  /** False where no such run is under way. */
  cancel(runId: string): boolean {
    const run = this.#runs.get(runId)
    run?.end('cancelled')
    return run !== undefined
  }

  async close(): Promise<void> {
    for (const run of this.#runs.values()) run.end('cancelled')
    await Promise.all([...this.#databases.values()].map(({ runtime }) => runtime.close()))
  }

  /** Sends the run to its isolate and reads the answer, within the run's time. */
  #ask(
    run: Run,
    path: '/' | '/check',
    body: string | null,
  ): Promise<{ reply: IncomingMessage; text: string }> {
    return this.#send(run, { method: 'POST', path, headers: {}, body }, async (reply) => {
      const text = await readText(reply, FUNCTION_LIMITS.resultBytes + 1)
      // What the supervisor says by itself has no lines.
      if (path === '/' && reply.headers['x-db9-outcome'] !== 'failure')
        await within(LAST_LINES_MS, run.lastLine, () => {})
      return { reply, text }
    })
  }

  /** Sends a request to the isolate of a run, as soon as there is a place for it, and has `read` read the answer within its time. */
  async #send<T>(
    run: Run,
    request: Omit<RuntimeRequest, 'signal'>,
    read: (reply: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    const { code } = run
    // What cannot be loaded is told here, in words for its author.
    await this.#bundle(code)
    const name = isolateNameOf(code)
    const { runtime, versions } = this.#database(code)
    versions.delete(name)
    versions.set(name, code)
    forgetOldest(versions)
    const headers = { ...request.headers, 'x-db9-version': name }
    const ask = async (process: RuntimeProcess) => {
      const timer = setTimeout(() => run.end('timed_out'), run.timeLeft())
      try {
        const result = await read(await process.send({ ...request, headers, signal: run.signal }))
        // What V8 says where memory outside the heap runs out, among others; code may write it, too.
        if (/RangeError: /.test(run.log.text)) await runtime.replaceIfFull(process)
        return result
      } catch (error) {
        // It may have ended, or not answer any more; the next run is not to find it so.
        await runtime.settle(process)
        throw error
      } finally {
        clearTimeout(timer)
      }
    }
    const isolate = request.path === '/check' ? '' : name
    return runtime.use(isolate, ask).catch((error: unknown) => {
      // It had ended before, and nothing was run. A body that comes as a stream may have been read.
      if (!wasRefused(error) || (request.body !== null && typeof request.body !== 'string')) throw error
      return runtime.use(isolate, ask)
    })
  }

  #bundle({ database_id, bundle_digest, entrypoint }: CodeSpec) {
    return this.#deps.bundles.get(database_id, bundle_digest, entrypoint)
  }

  #database({ database_id: id, account }: CodeSpec): Database {
    const known = this.#databases.get(id)
    if (known) {
      // An anonymous one may be claimed.
      known.account = account
      return known
    }
    this.#makeRoomFor(account)
    const versions: Database['versions'] = new Map()
    const database: Database = {
      account,
      versions,
      calls: 0,
      runtime: new DatabaseRuntime({
        start: this.#deps.startProcess,
        onLaunched: this.#deps.onLaunched,
        onLine: ({ runId, level, text }) => {
          const run = this.#runs.get(runId)
          if (run?.code.database_id === id) run.write(level, text)
        },
        onRequest: (request, response) => {
          this.#answer(id, database, request, response).catch((error: unknown) => {
            this.#deps.log.error({ err: error, database_id: id }, 'a request of a runtime failed')
            if (!response.headersSent) response.writeHead(500)
            response.end()
          })
        },
        ...(this.#deps.idleMs !== undefined && { idleMs: this.#deps.idleMs }),
        ...(this.#deps.pingMs !== undefined && { pingMs: this.#deps.pingMs }),
      }),
    }
    this.#databases.set(id, database)
    return database
  }

  /** Databases that are idle give up their processes. */
  #makeRoomFor(account: FunctionAccount): void {
    const places = [...this.#databases].map(([id, { account, runtime }]) => ({
      id,
      account,
      runtime,
      isIdle: runtime.isIdle,
    }))
    for (const { id, runtime } of placesToGiveUp(
      places,
      account,
      this.#deps.mostDatabases ?? MOST_DATABASES,
    )) {
      this.#databases.delete(id)
      void runtime.close()
    }
  }

  /** What the supervisor of a database asks: of its own versions and its own runs alone. */
  async #answer(
    databaseId: string,
    database: Database,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://host')
    switch (url.pathname) {
      case '/version': {
        const code = database.versions.get(url.searchParams.get('key') ?? '')
        return code
          ? sendJson(response, 200, toLoaded(await this.#bundle(code), code))
          : sendJson(response, 404, {})
      }
      case '/egress': {
        const version = database.versions.get(String(request.headers['x-db9-version'] ?? ''))
        if (database.calls >= MOST_CALLS)
          return sendJson(response, 429, { message: 'too many calls are under way' })
        database.calls++
        response.once('close', () => {
          database.calls--
        })
        return serveEgress(request, response, version?.network_allowlist ?? [], this.#deps.egress)
      }
      case '/db':
        return sendJson(response, 200, await this.#query(databaseId, request))
      default:
        return sendJson(response, 404, {})
    }
  }

  async #query(databaseId: string, request: IncomingMessage): Promise<unknown> {
    const asked = JSON.parse(await readText(request, MOST_SQL_BYTES)) as Record<string, unknown>
    const run = this.#tokens.get(String(asked.token))
    if (!run || run.code.database_id !== databaseId)
      return { error: { message: 'this run has ended, and asks nothing of its database any more' } }
    const { role, claims } = run.start
    const params = Array.isArray(asked.params) ? asked.params : []
    return this.#deps.sql.query(
      { databaseId, role, claims, timeLeftMs: run.timeLeft(), signal: run.signal },
      String(asked.sql),
      params,
    )
  }
}

function wasRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNREFUSED' || code === 'ENOENT'
}

const NO_RUN: RunStart = {
  run_id: '',
  trigger_type: 'api',
  role: 'anon',
  claims: null,
  timeout_ms: CHECK_MS,
}

const MOST_KEPT_VERSIONS = 128

function forgetOldest(versions: Map<string, unknown>): void {
  for (const oldest of versions.keys()) {
    if (versions.size <= MOST_KEPT_VERSIONS) return
    versions.delete(oldest)
  }
}

/** What `runner.js` is told of a run; the input comes with it, since it is no request of a client. */
function toRunHeader({ id, token, code, start }: Run, kind: 'invoke' | 'http', input: unknown): string {
  const self = {
    functionId: code.function_id,
    versionId: code.version_id,
    runId: id,
    triggerType: start.trigger_type,
  }
  return JSON.stringify({ id, token, kind, self, claims: start.claims, input })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
