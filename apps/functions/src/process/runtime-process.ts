/** One workerd process: started, asked, ended. */
import type { ChildProcess } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { launchRuntime } from './launch.ts'
import { lineCutter } from './lines.ts'
import { type ConsoleLine, parseOutput } from './output.ts'
import { makeProcessFiles, type ProcessFiles, type RuntimePlace, sealRunFolder } from './place.ts'

const START_LIMIT_MS = 10_000
const POLL_MS = 3
const LINE_BYTES = 64 * 1024
/** That the process may have open to its host. */
const MOST_CONNECTIONS = 256
const STDERR_BYTES = 4 * 1024

export interface RuntimeHandlers {
  /** A request of the supervisor. */
  onRequest(request: IncomingMessage, response: ServerResponse): void
  onLine(line: ConsoleLine): void
  /** Told of the first process of the sandbox, by which it can be ended. */
  onLaunched?(pid: number): void
}

export interface RuntimeRequest {
  method: string
  path: string
  headers: Record<string, string | string[]>
  /** A stream is passed on as it comes. */
  body: string | Readable | null
  signal: AbortSignal
}

export class RuntimeProcess {
  readonly #child: ChildProcess
  readonly #files: ProcessFiles
  /** Resolves once it has ended and left nothing. */
  readonly ended: Promise<void>
  #isAlive = true
  #said = ''

  private constructor(child: ChildProcess, files: ProcessFiles, clean: () => void) {
    this.#child = child
    this.#files = files
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    const end = () => {
      if (!this.#isAlive) return
      this.#isAlive = false
      clean()
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
    child.stderr?.on('data', (chunk) => {
      this.#said = (this.#said + String(chunk)).slice(-STDERR_BYTES)
    })
  }

  /** Resolves when it listens. Rejects where it does not come to. */
  static async start(place: RuntimePlace, handlers: RuntimeHandlers): Promise<RuntimeProcess> {
    const ids = place.users?.take() ?? null
    const files = makeProcessFiles(place, ids)
    const server = createServer((incoming, response) => handlers.onRequest(incoming, response))
    server.maxConnections = MOST_CONNECTIONS
    const clean = () => {
      server.close()
      server.closeAllConnections()
      rmSync(files.folder, { recursive: true, force: true })
      if (ids) place.users?.give(ids.uid)
    }
    try {
      await listen(server, files.host.hostSocket)
    } catch (error) {
      clean()
      throw error
    }
    const child = launchRuntime(place, files, ids)
    const started = new RuntimeProcess(child, files, clean)
    const cut = lineCutter(LINE_BYTES, (line) => {
      const parsed = parseOutput(line)
      if (parsed) handlers.onLine(parsed)
    })
    child.stdout?.on('data', cut)
    try {
      if (child.pid !== undefined) handlers.onLaunched?.(child.pid)
      await started.#untilListening()
      sealRunFolder(files, ids !== null)
    } catch (error) {
      started.kill()
      await started.ended
      throw error
    }
    return started
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Sends a request to the supervisor; resolves with the head of its answer. */
  send({ method, path, headers, body, signal }: RuntimeRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: this.#files.host.runSocket,
        agent: false,
        method,
        path,
        headers: { host: 'function', ...headers },
        signal,
      })
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
      if (body === null) outgoing.end()
      else if (typeof body === 'string') outgoing.end(body)
      else {
        body.once('error', () => outgoing.destroy())
        body.pipe(outgoing)
      }
    })
  }

  /** Whether it still takes requests. */
  async answersWithin(ms: number): Promise<boolean> {
    return (await this.#askSupervisor('/ping', ms)) === 200
  }

  /** Whether it can still take memory: the supervisor tries, and no code of a function has a say in it. */
  async hasRoom(ms: number): Promise<boolean> {
    return (await this.#askSupervisor('/room', ms)) === 204
  }

  /** The status of its answer; null for none. */
  async #askSupervisor(path: '/ping' | '/room', ms: number): Promise<number | null> {
    if (!this.#isAlive) return null
    try {
      const signal = AbortSignal.timeout(ms)
      const reply = await this.send({ method: 'GET', path, headers: {}, body: null, signal })
      reply.resume()
      return reply.statusCode ?? null
    } catch {
      return null
    }
  }

  /** The end of `unshare` is the end of all in its sandbox. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #untilListening(): Promise<void> {
    const until = Date.now() + START_LIMIT_MS
    while (!(await canConnect(this.#files.host.runSocket))) {
      if (!this.#isAlive || Date.now() > until)
        throw new Error(`the runtime did not start: ${this.#said.trim().slice(-500)}`)
      await sleep(POLL_MS)
    }
  }
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  // The process runs as another user; the names above it are random, or hidden by its sandbox.
  chmodSync(path, 0o666)
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
