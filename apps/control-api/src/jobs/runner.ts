/**
 * Runs jobs. A job is a row: the request's transaction writes it beside what the request changes; each step may be
 * repeated, and what it found is stored with its name; the outcome is written in one transaction. Every write names the
 * attempt, so that of two runners one counts. After a crash at any point the next start takes the job over (`resume.ts`)
 * and ends it: done, or taken back and failed.
 */
import type { OperationProgress } from '@db9/types'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { JobRow, Tables } from '../metadata/tables.ts'
import {
  END,
  type JobDefinition,
  type JobDefinitions,
  type JobResult,
  type JobRun,
  type OnStep,
  type StepRun,
  UNDO,
} from './definition.ts'
import { backOff, Cancelled, DeadlinePassed, type FailureRules, isLastTry } from './retry.ts'
import { LEASE_MS, renewLease, Superseded, updateJob } from './store.ts'

export interface JobDeps {
  db: Kysely<Tables>
  /** Milliseconds since the epoch. */
  clock: () => number
  log: Logger
  /** Names this run of the API as the holder of leases. */
  runId: string
  definitions: JobDefinitions
  /** The jobs that this run is at, by id. */
  running: Map<string, Attempt>
  failures: FailureRules
  claims: ResultClaims
  onStep: OnStep | undefined
}

/** What stores a job's result for the request that may be sent again. Each call is part of the job's last transaction. */
export interface ResultClaims {
  settle(trx: Transaction<Tables>, claimId: string, result: JobResult): Promise<void>
  drop(trx: Transaction<Tables>, claimId: string): Promise<void>
}

/** How a run of a job ended. `pending`: it goes on later, or elsewhere. */
export type JobOutcome =
  | { kind: 'done'; result: JobResult | null }
  | { kind: 'failed'; error: unknown }
  | { kind: 'pending' }

const HEARTBEAT_MS = LEASE_MS / 3

/** The API closes; the next pass that resumes jobs takes the job over, here or at another API. */
class Closing extends Error {}

/** Runs a job whose lease is ours, from where it is to its end. Never throws. */
export async function runJob(deps: JobDeps, job: JobRow): Promise<JobOutcome> {
  const attempt = new Attempt(deps, job)
  deps.running.set(job.id, attempt)
  try {
    return await attempt.run()
  } catch (error) {
    // The metadata is unavailable, or the job is not ours any more. The lease lapses, and another runner goes on.
    if (!(error instanceof Superseded)) deps.log.error({ err: error, ...attempt.names }, 'job left')
    return { kind: 'pending' }
  } finally {
    attempt.end()
    deps.running.delete(job.id)
  }
}

/** One run of one job. */
export class Attempt {
  readonly #deps: JobDeps
  readonly #definition: JobDefinition
  readonly #abort = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #heartbeat: NodeJS.Timeout
  readonly #deadline: NodeJS.Timeout | undefined
  #job: JobRow
  #progress: OperationProgress | null = null

  constructor(deps: JobDeps, job: JobRow) {
    this.#deps = deps
    this.#job = job
    this.#definition = deps.definitions[job.kind]
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref()
    if (job.deadline_at && !job.undoing) {
      const left = job.deadline_at.getTime() - deps.clock()
      this.#deadline = setTimeout(() => this.#abort.abort(new DeadlinePassed()), Math.max(left, 0)).unref()
    }
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get names() {
    const { id, kind, database_id } = this.#job
    return { operation_id: id, operation: kind, database_id }
  }

  /** Has the job taken back, unless it is nearly done. */
  cancel(): Cancelled {
    const reason = new Cancelled()
    this.#abort.abort(reason)
    return reason
  }

  leave(): void {
    this.#abort.abort(new Closing())
  }

  end(): void {
    clearInterval(this.#heartbeat)
    clearTimeout(this.#deadline)
    this.#ended.resolve()
  }

  async run(): Promise<JobOutcome> {
    if (this.#job.undoing) return this.#undo(new Error(this.#job.error ?? 'unknown'))
    try {
      for (const step of this.#remainingSteps()) {
        if (this.#job.cancelled_at) throw this.cancel()
        const run = () => Promise.race([step.run(this.#stepRun()), aborted(this.#abort.signal)])
        const found = await this.#observed(step.name, run)
        if (step !== this.#definition.steps.at(-1)) await this.#saveStep(step.name, found)
        else this.#merge(found)
      }
      return await this.#observed(END, () => this.#finish())
    } catch (error) {
      return this.#afterFailure(error)
    }
  }

  #remainingSteps(): JobDefinition['steps'] {
    const { steps } = this.#definition
    // A step that this release does not have was left by another release: begin anew, since every step may be repeated.
    return steps.slice(steps.findIndex((step) => step.name === this.#job.step) + 1)
  }

  async #saveStep(step: string, found: object | undefined): Promise<void> {
    this.#merge(found)
    this.#progress = null
    this.#job = await updateJob(this.#deps.db, this.#job, {
      step,
      state: JSON.stringify(this.#job.state),
      progress: null,
      failures: 0,
      error: null,
      updated_at: this.#now(),
    })
  }

  #merge(found: object | undefined): void {
    this.#job = { ...this.#job, state: { ...(this.#job.state as object), ...found } }
  }

  async #finish(): Promise<JobOutcome> {
    const { db, claims } = this.#deps
    const result = await db.transaction().execute(async (trx) => {
      const result = await this.#definition.done(trx, this.#run())
      await this.#endRow(trx, { status: 'done', error: null })
      const { idempotency_id: claimId } = this.#job
      if (claimId && result) await claims.settle(trx, claimId, result)
      return result
    })
    await this.#afterCommit()
    return { kind: 'done', result }
  }

  async #afterFailure(error: unknown): Promise<JobOutcome> {
    const { signal } = this.#abort
    if (signal.reason instanceof Closing) return this.#release()
    if (error instanceof Superseded || signal.reason instanceof Superseded) throw new Superseded()
    const { log, failures, clock } = this.#deps
    const isFinal =
      this.#definition.undo !== undefined &&
      (signal.aborted || !failures.isTransient(error) || isLastTry(this.#job, clock()))
    log.warn({ err: error, ...this.names, is_final: isFinal }, 'a step of a job failed')
    if (!isFinal) return this.#tryLater(error)
    this.#job = await updateJob(this.#deps.db, this.#job, {
      undoing: true,
      failures: 0,
      error: this.#deps.failures.reasonOf(error),
      state: JSON.stringify(this.#job.state),
      updated_at: this.#now(),
    })
    return this.#undo(error)
  }

  async #undo(cause: unknown): Promise<JobOutcome> {
    const { db, log, claims } = this.#deps
    try {
      await this.#observed(UNDO, async () =>
        this.#definition.undo?.(this.#stepRun(new AbortController().signal)),
      )
    } catch (error) {
      log.error({ err: error, ...this.names }, 'taking a job back failed, will be tried again')
      return this.#tryLater(error, this.#job.error ?? undefined)
    }
    await db.transaction().execute(async (trx) => {
      await this.#definition.failed(trx, this.#run(), this.#job.error ?? 'unknown')
      await this.#endRow(trx, { status: 'failed', error: this.#job.error })
      if (this.#job.idempotency_id) await claims.drop(trx, this.#job.idempotency_id)
    })
    await this.#afterCommit()
    return { kind: 'failed', error: cause }
  }

  /** Leaves the row to the next pass that resumes jobs. */
  async #tryLater(error: unknown, reason = this.#deps.failures.reasonOf(error)): Promise<JobOutcome> {
    const failures = this.#job.failures + 1
    await updateJob(this.#deps.db, this.#job, {
      failures,
      error: reason,
      lease_until: new Date(this.#deps.clock() + backOff(failures)),
      updated_at: this.#now(),
    })
    return { kind: 'pending' }
  }

  async #release(): Promise<JobOutcome> {
    await updateJob(this.#deps.db, this.#job, { lease_until: this.#now() })
    return { kind: 'pending' }
  }

  async #endRow(
    trx: Parameters<typeof updateJob>[0],
    end: { status: 'done' | 'failed'; error: string | null },
  ) {
    await updateJob(trx, this.#job, {
      ...end,
      step: end.status === 'done' ? (this.#definition.steps.at(-1)?.name ?? null) : this.#job.step,
      state: JSON.stringify(this.#job.state),
      progress: null,
      updated_at: this.#now(),
    })
  }

  async #afterCommit(): Promise<void> {
    try {
      await this.#definition.afterCommit?.(this.#run())
    } catch (error) {
      this.#deps.log.warn({ err: error, ...this.names }, 'the outcome of a job was not announced')
    }
  }

  async #beat(): Promise<void> {
    try {
      const { cancelled_at } = await renewLease(this.#deps, this.#job, this.#progress)
      if (cancelled_at) this.cancel()
    } catch (error) {
      // Any other error is transient, or the lease lapses: then the runner that takes over makes this a Superseded.
      if (error instanceof Superseded) this.#abort.abort(error)
    }
  }

  async #observed<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { onStep } = this.#deps
    const { kind } = this.#job
    await onStep?.({ kind, step, at: 'before' })
    const result = await work()
    await onStep?.({ kind, step, at: 'after' })
    return result
  }

  #run(): JobRun {
    const { input, state } = this.#job
    return { job: this.#job, input, state: state as object }
  }

  #stepRun(signal = this.#abort.signal): StepRun {
    return {
      ...this.#run(),
      databaseId: this.#job.database_id ?? '',
      signal,
      onProgress: (progress) => {
        this.#progress = progress
      },
    }
  }

  #now(): Date {
    return new Date(this.#deps.clock())
  }
}

/** Rejects once aborted: a step that does not listen goes on by itself, and its result is not taken. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
