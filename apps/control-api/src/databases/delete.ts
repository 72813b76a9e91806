/** The route that deletes a database. */
import type { ROUTES } from '@db9/types'
import type { Kysely, Transaction } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import type { InvalidationOutbox } from '../invalidation/outbox.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { DatabaseRow, JobRow, Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { requireNotChanging, requireUnread } from '../operations/conflicts.ts'
import { type PurgeDeps, purgeAsked, purgeOverLimit } from './purge.ts'
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
  { caller, database, query, request },
) => {
  const purge = query.purge === 'true'
  const job = await deps.db.transaction().execute(async (trx) => {
    requireUnprotected(await lockOwnDatabase(trx, caller, database.id))
    const begun = await insertDelete(trx, deps.jobs, { database, purge, now: request.now })
    if (!begun && purge) await endGracePeriod(trx, database.id, request.now)
    if (begun || purge) await auditDatabase(trx, { caller, request }, purge ? 'purge' : 'delete', database)
    return begun
  })
  if (job) {
    await deps.outbox.send(database.id)
    await deps.jobs.run(job)
    await purgeOverLimit(deps, caller.customerId)
  }
  if (purge) await purgeAsked(deps, database)
  const row = await findById(deps.db, database.id)
  const { recoverable_until } = toDatabase(row)
  const message = row.purged_at ? 'Database purged' : 'Database disabled'
  return { status: 200, body: { message, recoverable_until } }
}

/** 409: protection is taken away first, by a request of its own. */
function requireUnprotected(database: DatabaseRow): void {
  if (!database.protected) return
  throw new ApiError('conflict', 'the database is protected: PATCH it with "protected": false first')
}

/** What was deleted before can be recovered no more. 409 while a job changes it. */
async function endGracePeriod(trx: Transaction<Tables>, id: string, now: number): Promise<void> {
  await requireNotChanging(trx, id)
  await trx
    .updateTable('databases')
    .set({ purge_at: new Date(now) })
    .where('id', '=', id)
    .where('state', '=', 'DISABLED')
    .where('purged_at', 'is', null)
    .execute()
}

/** Begins to delete a database; null where that has begun already. 409 while a job reads or changes it. */
export async function insertDelete(
  trx: Transaction<Tables>,
  jobs: Jobs,
  { database, purge = false, now }: { database: DatabaseRow; purge?: boolean; now: number },
): Promise<JobRow | null> {
  const { state } = await lockDatabase(trx, database.id)
  if (state === 'DISABLING' || state === 'DISABLED' || state === 'CREATE_FAILED') return null
  await requireUnread(trx, database.id)
  const job = await beginJob(trx, jobs, {
    kind: 'delete',
    customerId: database.customer_id,
    databaseId: database.id,
    input: { purge },
    now,
  })
  await raiseVersion(trx, database.id, { state: 'DISABLING', updated_at: new Date(now) })
  return job
}
