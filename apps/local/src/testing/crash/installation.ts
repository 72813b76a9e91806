import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { JobPoint } from '@db9/control-api'
import { CHECKOUT, eventually, processesNaming } from '../command.ts'
import { call, type Reply } from '../stack.ts'
import { type ChildMessage, nameOf, type Plan } from './points.ts'

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url))
const LIMIT_MS = 60_000

export interface CallOptions {
  token?: string
  body?: unknown
  key?: string
}

/** One data folder and the stack that runs on it, which can be killed at a point of an operation and started again. */
export class Installation {
  readonly home: string
  #child: ChildProcess | undefined
  #heard: ChildMessage[] = []
  #serving: Extract<ChildMessage, { kind: 'serving' }> | undefined

  readonly #env: Record<string, string>

  /** `env`: what the stack is configured by, beside the home. */
  constructor(home: string, env: Record<string, string> = {}) {
    this.home = home
    this.#env = env
  }

  /** Starts the stack, with operations that it takes over held at the points. Resolves when it serves. */
  async start(hold: JobPoint[] = []): Promise<void> {
    const plan: Plan = { hold, fail: [] }
    const child = spawn(`${CHECKOUT}/node_modules/.bin/node`, [CHILD, JSON.stringify(plan)], {
      cwd: CHECKOUT,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...this.#env, DB9_HOME: this.home, DB9_POOL_SIZE: '2' },
    })
    this.#child = child
    this.#heard = []
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as ChildMessage
      if (message.kind === 'serving') this.#serving = message
      this.#heard.push(message)
    })
    await eventually('the stack serves', LIMIT_MS, () => this.#has('serving'))
  }

  /** Operations that begin from now on are held at the points, and fail at those of `fail`. */
  async hold(points: JobPoint[], fail: JobPoint[] = []): Promise<void> {
    this.#heard = this.#heard.filter(({ kind }) => kind !== 'holding')
    const plan: Plan = { hold: points, fail }
    this.#child?.stdin?.write(`${JSON.stringify(plan)}\n`)
    await eventually('the points are held', LIMIT_MS, () => this.#has('holding'))
  }

  /** Resolves when an operation waits at each of the points. */
  async untilHeld(points: JobPoint[]): Promise<void> {
    const names = () =>
      this.#heard.flatMap((message) => (message.kind === 'held' ? [nameOf(message.point)] : []))
    for (const point of points) {
      await eventually(`an operation is held ${nameOf(point)}`, LIMIT_MS, () =>
        names().includes(nameOf(point)),
      )
    }
  }

  /** SIGKILL for the stack and every process of it: Postgres and workerd too. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await exited
    await eventually('all is killed', LIMIT_MS, () => {
      const left = processesNaming(this.home, this.#serving?.dataFolder ?? this.home)
      for (const pid of left) kill(pid)
      return left.length === 0
    })
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await this.kill()
  }

  /** A call of the REST API, as the owner unless another token is given. */
  call(method: string, path: string, { token, body, key }: CallOptions = {}): Promise<Reply> {
    if (!this.#serving) throw new Error('the stack does not serve')
    return call(`${this.#serving.url}/customer${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token ?? this.#serving.ownerToken}`,
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body,
    })
  }

  #has(kind: ChildMessage['kind']): boolean {
    if (this.#child && this.#child.exitCode !== null)
      throw new Error(`the stack ended with ${this.#child.exitCode}`)
    return this.#heard.some((message) => message.kind === kind)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone since it was listed.
  }
}
