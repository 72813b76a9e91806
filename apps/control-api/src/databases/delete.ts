/** The route that deletes a database. */
import type { ROUTES } from '@db9/types'
import type { Kysely, Transaction } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import type { Handler } from '../http/call.ts'
import type { InvalidationOutbox } from '../invalidation/outbox.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { DatabaseRow, JobRow, Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { requireUnread } from '../operations/conflicts.ts'
import { type PurgeDeps, purgeOverLimit } from './purge.ts'
import { findById, lockDatabase, lockOwnDatabase } from './store.ts'
import { raiseVersion } from './versions.ts'
import { toDatabase } from './view.ts'

export interface DeleteDeps extends PurgeDeps {
  db: Kysely<Tables>
  outbox: Pick<InvalidationOutbox, 'send'>
}

/** One transaction (state, audit, job) → invalidation → the engine sets the data aside. May be repeated. */
export const deleteDatabase: Handler<typeof ROUTES.deleteDatabase, DeleteDeps> = async (
  deps,
  { caller, database, request },
) => {
  const job = await deps.db.transaction().execute(async (trx) => {
    await lockOwnDatabase(trx, caller, database.id)
    const begun = await insertDelete(trx, deps.jobs, { database, now: request.now })
    if (!begun) return null
    await auditDatabase(trx, { caller, request }, 'delete', database)
    return begun
  })
  if (job) {
    await deps.outbox.send(database.id)
    await deps.jobs.run(job)
    await purgeOverLimit(deps, caller.customerId)
  }
  const { recoverable_until } = toDatabase(await findById(deps.db, database.id))
  return { status: 200, body: { message: 'Database disabled', recoverable_until } }
}

/** Begins to delete a database; null where that has begun already. 409 while a job reads or changes it. */
export async function insertDelete(
  trx: Transaction<Tables>,
  jobs: Jobs,
  { database, now }: { database: DatabaseRow; now: number },
): Promise<JobRow | null> {
  const { state } = await lockDatabase(trx, database.id)
  if (state === 'DISABLING' || state === 'DISABLED' || state === 'CREATE_FAILED') return null
  await requireUnread(trx, database.id)
  const job = await beginJob(trx, jobs, {
    kind: 'delete',
    customerId: database.customer_id,
    databaseId: database.id,
    now,
  })
  await raiseVersion(trx, database.id, { state: 'DISABLING', updated_at: new Date(now) })
  return job
}
