import type { OperationProgress } from '@db9/types'
import type { Reply } from '../http/call.ts'
import { dropClaim, storeReply } from '../idempotency/claims.ts'
import { OPERATION_KINDS } from '../job-definitions.ts'
import type { OperationRow } from '../metadata/tables.ts'
import { isPassing, reasonOf } from '../operations/failures.ts'
import type { Services } from '../services.ts'
import { type AnyOperationKind, END, type OperationRun, type StepRun, UNDO } from './definition.ts'
import { LEASE_MS, renewLease, Superseded, updateOperation } from './store.ts'

/**
 * Long operations are rows. The request's transaction writes the row beside what it changes; each step on the engine
 * may be repeated, and what it found is written with its name; the outcome is written in one transaction. Every write
 * names the attempt, so that of two runners one counts. After a crash at any point the next start takes the operation
 * over (`resume.ts`) and ends it: done, or taken back and failed.
 */

/** How a run of an operation ended. `pending`: it goes on later, or elsewhere. */
export type Outcome =
  | { kind: 'done'; reply: Reply | null }
  | { kind: 'failed'; error: unknown }
  | { kind: 'pending' }

const HEARTBEAT_MS = LEASE_MS / 3
const BACK_OFF_MS = { first: 1_000, most: 60_000 }

class DeadlinePassed extends Error {
  constructor() {
    super('it was not done within its time')
    this.name = 'DeadlinePassed'
  }
}

class Closing extends Error {}

/** Runs an operation whose lease is ours, from where it is to its end. Never throws. */
export async function runOperation(services: Services, operation: OperationRow): Promise<Outcome> {
  const attempt = new Attempt(services, operation)
  services.underway.set(operation.id, attempt)
  try {
    return await attempt.run()
  } catch (error) {
    // The metadata is away, or the operation is not ours any more. The lease lapses, and whoever finds it goes on.
    if (!(error instanceof Superseded)) services.log.error({ err: error, ...attempt.names }, 'operation left')
    return { kind: 'pending' }
  } finally {
    attempt.end()
    services.underway.delete(operation.id)
  }
}

/** Lets go of every operation that is under way; the next start takes them over. */
export async function leaveOperations({ underway }: Services): Promise<void> {
  for (const attempt of underway.values()) attempt.leave()
  await Promise.all([...underway.values()].map((attempt) => attempt.ended))
}

/** One run of one operation. */
export class Attempt {
  readonly #services: Services
  readonly #kind: AnyOperationKind
  readonly #abort = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #heartbeat: NodeJS.Timeout
  readonly #deadline: NodeJS.Timeout | undefined
  #operation: OperationRow
  #progress: OperationProgress | null = null

  constructor(services: Services, operation: OperationRow) {
    this.#services = services
    this.#operation = operation
    this.#kind = OPERATION_KINDS[operation.kind]
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref()
    if (operation.deadline_at && !operation.undoing) {
      const left = operation.deadline_at.getTime() - services.clock()
      this.#deadline = setTimeout(() => this.#abort.abort(new DeadlinePassed()), Math.max(left, 0)).unref()
    }
  }

  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get names() {
    const { id, kind, database_id } = this.#operation
    return { operation_id: id, operation: kind, database_id }
  }

  leave(): void {
    this.#abort.abort(new Closing())
  }

  end(): void {
    clearInterval(this.#heartbeat)
    clearTimeout(this.#deadline)
    this.#ended.resolve()
  }

  async run(): Promise<Outcome> {
    if (this.#operation.undoing) return this.#undo(new Error(this.#operation.error ?? 'unknown'))
    try {
      for (const step of this.#remainingSteps()) {
        const run = () => Promise.race([step.run(this.#stepRun()), aborted(this.#abort.signal)])
        const found = await this.#observed(step.name, run)
        if (step !== this.#kind.steps.at(-1)) await this.#saveStep(step.name, found)
        else this.#merge(found)
      }
      return await this.#observed(END, () => this.#finish())
    } catch (error) {
      return this.#afterFailure(error)
    }
  }

  #remainingSteps(): AnyOperationKind['steps'] {
    const { steps } = this.#kind
    // A step that this release does not know was left by another: begin anew, since every step may be repeated.
    return steps.slice(steps.findIndex((step) => step.name === this.#operation.step) + 1)
  }

  async #saveStep(step: string, found: object | undefined): Promise<void> {
    this.#merge(found)
    this.#progress = null
    this.#operation = await updateOperation(this.#services.db, this.#operation, {
      step,
      state: JSON.stringify(this.#operation.state),
      progress: null,
      failures: 0,
      error: null,
      updated_at: this.#now(),
    })
  }

  #merge(found: object | undefined): void {
    this.#operation = { ...this.#operation, state: { ...(this.#operation.state as object), ...found } }
  }

  async #finish(): Promise<Outcome> {
    const { db, sealer } = this.#services
    const reply = await db.transaction().execute(async (trx) => {
      const reply = await this.#kind.done(trx, this.#run())
      await this.#endRow(trx, { status: 'done', error: null })
      const { idempotency_id: claim } = this.#operation
      if (claim && reply) await storeReply(trx, sealer, { id: claim, reply })
      return reply
    })
    await this.#announce()
    return { kind: 'done', reply }
  }

  async #afterFailure(error: unknown): Promise<Outcome> {
    const { signal } = this.#abort
    if (signal.reason instanceof Closing) return this.#letGo()
    if (error instanceof Superseded || signal.reason instanceof Superseded) throw new Superseded()
    const { log } = this.#services
    const isFinal = this.#kind.undo !== null && (signal.aborted || !isPassing(error) || this.#isLastTry())
    log.warn({ err: error, ...this.names, is_final: isFinal }, 'a step of an operation failed')
    if (!isFinal) return this.#tryLater(error)
    this.#operation = await updateOperation(this.#services.db, this.#operation, {
      undoing: true,
      failures: 0,
      error: reasonOf(error),
      state: JSON.stringify(this.#operation.state),
      updated_at: this.#now(),
    })
    return this.#undo(error)
  }

  async #undo(cause: unknown): Promise<Outcome> {
    const { undo, failed } = this.#kind
    const { db, log } = this.#services
    try {
      await this.#observed(UNDO, async () => undo?.(this.#stepRun(new AbortController().signal)))
    } catch (error) {
      log.error({ err: error, ...this.names }, 'taking an operation back failed, will be tried again')
      return this.#tryLater(error, this.#operation.error ?? undefined)
    }
    await db.transaction().execute(async (trx) => {
      await failed(trx, this.#run(), this.#operation.error ?? 'unknown')
      await this.#endRow(trx, { status: 'failed', error: this.#operation.error })
      if (this.#operation.idempotency_id) await dropClaim(trx, this.#operation.idempotency_id)
    })
    await this.#announce()
    return { kind: 'failed', error: cause }
  }

  /** Leaves the row to whoever sweeps when its time has come. */
  async #tryLater(error: unknown, reason = reasonOf(error)): Promise<Outcome> {
    const failures = this.#operation.failures + 1
    await updateOperation(this.#services.db, this.#operation, {
      failures,
      error: reason,
      lease_until: new Date(this.#services.clock() + backOff(failures)),
      updated_at: this.#now(),
    })
    return { kind: 'pending' }
  }

  async #letGo(): Promise<Outcome> {
    await updateOperation(this.#services.db, this.#operation, { lease_until: this.#now() })
    return { kind: 'pending' }
  }

  #isLastTry(): boolean {
    const { deadline_at, failures } = this.#operation
    return deadline_at !== null && deadline_at.getTime() <= this.#services.clock() + backOff(failures + 1)
  }

  async #endRow(
    trx: Parameters<typeof updateOperation>[0],
    end: { status: 'done' | 'failed'; error: string | null },
  ) {
    await updateOperation(trx, this.#operation, {
      ...end,
      step: end.status === 'done' ? (this.#kind.steps.at(-1)?.name ?? null) : this.#operation.step,
      state: JSON.stringify(this.#operation.state),
      progress: null,
      updated_at: this.#now(),
    })
  }

  async #announce(): Promise<void> {
    try {
      await this.#kind.announce?.(this.#run())
    } catch (error) {
      this.#services.log.warn({ err: error, ...this.names }, 'the outcome of an operation was not announced')
    }
  }

  async #beat(): Promise<void> {
    try {
      await renewLease(this.#services, this.#operation, this.#progress)
    } catch (error) {
      // Anything else passes, or the lease lapses: then whoever takes over makes this a Superseded.
      if (error instanceof Superseded) this.#abort.abort(error)
    }
  }

  async #observed<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { observer } = this.#services
    const { kind } = this.#operation
    await observer?.({ kind, step, at: 'before' })
    const result = await work()
    await observer?.({ kind, step, at: 'after' })
    return result
  }

  #run(): OperationRun<unknown, unknown> {
    const { input, state } = this.#operation
    return { services: this.#services, operation: this.#operation, input, state: state as object }
  }

  #stepRun(signal = this.#abort.signal): StepRun<unknown, unknown> {
    return {
      ...this.#run(),
      engine: this.#services.engine,
      databaseId: this.#operation.database_id ?? '',
      signal,
      onProgress: (progress) => {
        this.#progress = progress
      },
    }
  }

  #now(): Date {
    return new Date(this.#services.clock())
  }
}

function backOff(failures: number): number {
  return Math.min(BACK_OFF_MS.first * 2 ** (failures - 1), BACK_OFF_MS.most)
}

/** Rejects once aborted: a step that does not listen goes on by itself, and its result is not taken. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
