/** Begins jobs: one at a time for each database. */
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { ApiError } from '../errors.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { NewJob } from '../jobs/store.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { requireNotChanging } from './conflicts.ts'

/** Jobs of each sort that one pass of the sweep begins at most; the rest waits for the next pass. */
export const MOST_AT_ONCE = 20

/** Writes a job in the request's transaction. 409 while another job changes the database. */
export async function beginJob(trx: Transaction<Tables>, jobs: Jobs, job: NewJob): Promise<JobRow> {
  if (job.databaseId !== null) await requireNotChanging(trx, job.databaseId)
  return jobs.insert(trx, job)
}

export interface BeginDeps {
  db: Kysely<Tables>
  jobs: Jobs
  log: Logger
}

/** Begins and runs a job that no request waits for. Where a conflict refuses it now, the next sweep tries again. */
export async function beginAndRun(
  { db, jobs, log }: BeginDeps,
  begin: (trx: Transaction<Tables>) => Promise<JobRow | null>,
): Promise<void> {
  try {
    const job = await db.transaction().execute(begin)
    if (job) await jobs.run(job)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    log.info({ reason: error.message }, 'sweep deferred')
  }
}
