/** Starts functions whose schedules are due. The truth is the table: when each is due next. */
import type { Logger } from 'pino'
import type { FunctionRow } from '../metadata/tables.ts'
import { nextDue } from './cron.ts'
import { type ExecuteDeps, execute } from './execute.ts'
import { insertSkippedRun, isUnderWay } from './runs.ts'
import { findVersion } from './store.ts'

export interface SchedulerDeps extends ExecuteDeps {
  log: Logger
}

/** A run that was missed is made up for once, where it was due within so long. */
const CATCH_UP_MS = 3_600_000
/** Started at one pass; what is due beyond them waits for the next. */
const MOST_AT_ONCE = 50
/** After so many runs in a row that have failed a function is disabled. */
export const MOST_FAILURES = 20

export class FunctionScheduler {
  readonly #deps: SchedulerDeps
  readonly #runs = new Set<Promise<void>>()
  readonly #stop = new AbortController()

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  /** Starts what is due; resolves once each is claimed. */
  async pass(): Promise<void> {
    const { db, clock, functions } = this.#deps
    if (!functions.isThere()) return
    const now = new Date(clock())
    const due = await db
      .selectFrom('functions as f')
      .innerJoin('databases as d', 'd.id', 'f.database_id')
      .selectAll('f')
      .where('f.next_run_at', '<=', now)
      .where('f.enabled', '=', true)
      .where('d.state', '=', 'ACTIVE')
      .orderBy('f.next_run_at')
      .limit(MOST_AT_ONCE)
      .execute()
    for (const row of due) {
      if (this.#stop.signal.aborted) return
      await this.#begin(row, now)
    }
  }

  /** Gives up the runs under way, and waits for their rows. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#runs)
  }

  async #begin(row: FunctionRow, now: Date): Promise<void> {
    const { db, log } = this.#deps
    const version = await findVersion(db, row.id, row.active_version_id)
    const due = row.next_run_at
    const { cron_schedule } = version.config
    // Another API may have claimed it, or the function may have changed: then it is another's, or not due any more.
    const { numUpdatedRows } = await db
      .updateTable('functions')
      .set({ next_run_at: cron_schedule === null ? null : nextDue(cron_schedule, now) })
      .where('id', '=', row.id)
      .where('next_run_at', '=', due)
      .executeTakeFirst()
    if (numUpdatedRows === 0n || due === null || cron_schedule === null) return
    if (now.getTime() - due.getTime() > CATCH_UP_MS) return
    if (await isUnderWay(db, row.id)) return insertSkippedRun(db, { row, version }, now.getTime())
    const run = this.#run(row, version)
      .catch((error: unknown) => log.error({ err: error, function_id: row.id }, 'a scheduled run failed'))
      .finally(() => this.#runs.delete(run))
    this.#runs.add(run)
  }

  async #run(row: FunctionRow, version: Awaited<ReturnType<typeof findVersion>>): Promise<void> {
    const hasCompleted = await execute(this.#deps, {
      row,
      version,
      trigger: 'cron',
      input: null,
      signal: this.#stop.signal,
    }).then(
      ({ reply }) => reply.status === 'completed',
      () => false,
    )
    if (this.#stop.signal.aborted) return
    await this.#count(row.id, hasCompleted)
  }

  async #count(functionId: string, hasCompleted: boolean): Promise<void> {
    const { db } = this.#deps
    const { cron_failures } = await db
      .updateTable('functions')
      .set((eb) => ({ cron_failures: hasCompleted ? 0 : eb('cron_failures', '+', 1) }))
      .where('id', '=', functionId)
      .returning('cron_failures')
      .executeTakeFirst()
      .then((found) => found ?? { cron_failures: 0 })
    if (cron_failures < MOST_FAILURES) return
    const disabled_reason = `${cron_failures} scheduled runs in a row have failed`
    await db
      .updateTable('functions')
      .set({ enabled: false, disabled_reason, next_run_at: null })
      .where('id', '=', functionId)
      .execute()
  }
}
