/** The jobs of this run of the API: what the resources see of them. */
import type { Transaction } from 'kysely'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { type JobKind, UNDO } from './definition.ts'
import { resumeJobs } from './resume.ts'
import { type JobDeps, type JobOutcome, runJob } from './runner.ts'
import { insertJob, type NewJob, takeOverOne } from './store.ts'

export class Jobs {
  readonly #deps: JobDeps

  constructor(deps: Omit<JobDeps, 'running'>) {
    this.#deps = { ...deps, running: new Map() }
  }

  /** Writes a job in the transaction of the request that asks for it; `run` starts it after the commit. */
  insert(trx: Transaction<Tables>, job: NewJob): Promise<JobRow> {
    const { runId, definitions } = this.#deps
    return insertJob(trx, { runId, deadlineMs: definitions[job.kind].deadlineMs }, job)
  }

  /** Runs a job that was written here, to its end or its next try. Never throws. */
  run(job: JobRow): Promise<JobOutcome> {
    return runJob(this.#deps, job)
  }

  /** Runs the jobs that have no runner; with `all` also those whose lease still holds. */
  resume({ all }: { all: boolean }): Promise<void> {
    return resumeJobs(this.#deps, { all })
  }

  /** Whether a job of this kind can be taken back; any other is tried until it is done. */
  canCancel(kind: JobKind): boolean {
    return this.#deps.definitions[kind].undo !== undefined
  }

  /** Takes back a job whose row says that it is cancelled, and resolves once it has ended here; at once where another API has it. */
  async cancel(id: string): Promise<void> {
    const { running, db, runId, clock } = this.#deps
    const attempt = running.get(id)
    if (attempt) {
      attempt.cancel()
      return attempt.ended
    }
    const job = await takeOverOne(db, { id, runId, now: clock() })
    if (job) await runJob(this.#deps, job)
  }

  /** The step that a running job is at. */
  currentStep({ kind, step, undoing }: JobRow): string | null {
    if (undoing) return UNDO
    const { steps } = this.#deps.definitions[kind]
    return steps[steps.findIndex(({ name }) => name === step) + 1]?.name ?? null
  }

  /** Stops every running job and gives up its lease; the next pass that resumes jobs takes it over. */
  async close(): Promise<void> {
    const attempts = [...this.#deps.running.values()]
    for (const attempt of attempts) attempt.leave()
    await Promise.all(attempts.map((attempt) => attempt.ended))
  }
}
