/** A bounded pool of threads that run statements of the REST API. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Outcome } from './outcome.ts'
import type { Order, Report, SessionRun } from './worker.ts'

/** At least two, so that the other accounts need not wait for the results of one. */
const MOST_WORKERS = Math.min(4, Math.max(2, availableParallelism()))
/** A worker that needs more memory ends, and its statements fail. */
const MOST_MEMORY_MB = 1_024

interface Pending {
  account: string
  onSession(pid: number): void
  resolve(outcome: Outcome): void
}

interface Member {
  worker: Worker
  pending: Map<number, Pending>
}

/**
 * Runs each request's SQL in a worker. One account's running statements share a worker, and a new account gets the worker
 * with the fewest accounts: an account whose results take long delays only the accounts of its worker.
 */
export class SqlWorkers {
  readonly #members: Member[] = []
  readonly #memoryMb: number
  #lastId = 0

  constructor({ memoryMb = MOST_MEMORY_MB } = {}) {
    this.#memoryMb = memoryMb
  }

  /** `onSession` gets the session's pid in the server before the statement runs. */
  run(run: SessionRun, signal: AbortSignal, onSession: (pid: number) => void = () => {}): Promise<Outcome> {
    const member = this.#memberFor(run.account)
    const id = ++this.#lastId
    return new Promise((resolve) => {
      const onAbort = () => tell(member, { kind: 'cancel', id })
      member.pending.set(id, {
        account: run.account,
        onSession,
        resolve: (outcome) => {
          signal.removeEventListener('abort', onAbort)
          resolve(outcome)
        },
      })
      tell(member, { kind: 'run', id, run })
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    })
  }

  /** Starts a worker ahead of its first statement. */
  warm(): void {
    if (this.#members.length === 0) this.#add()
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.splice(0).map(({ worker }) => worker.terminate()))
  }

  #memberFor(account: string): Member {
    const own = this.#members.find((member) => accountsOf(member).has(account))
    if (own) return own
    const free = this.#members.find(({ pending }) => pending.size === 0)
    if (free) return free
    if (this.#members.length < MOST_WORKERS) return this.#add()
    return this.#members.reduce((least, each) =>
      accountsOf(each).size < accountsOf(least).size ? each : least,
    )
  }

  #add(): Member {
    const resourceLimits = { maxOldGenerationSizeMb: this.#memoryMb }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits })
    worker.unref()
    const member: Member = { worker, pending: new Map() }
    const end = (message: string) => {
      const index = this.#members.indexOf(member)
      if (index >= 0) this.#members.splice(index, 1)
      for (const { resolve } of member.pending.values()) resolve({ kind: 'lost', message })
      member.pending.clear()
    }
    worker.on('message', (report: Report) => {
      const pending = member.pending.get(report.id)
      if (report.kind === 'session') pending?.onSession(report.pid)
      else {
        pending?.resolve(report.outcome)
        member.pending.delete(report.id)
      }
    })
    worker.on('error', (error) => end(String(error)))
    worker.on('exit', () => end('the worker ended'))
    this.#members.push(member)
    return member
  }
}

function accountsOf({ pending }: Member): Set<string> {
  return new Set([...pending.values()].map(({ account }) => account))
}

function tell({ worker }: Member, order: Order): void {
  worker.postMessage(order)
}
