/** The route that recovers a deleted database. */
import type { CreatedDatabase, ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { bodyOf } from '../operations/outcome.ts'
import { parseDatabaseName } from './names.ts'
import { requireFreeName, requireRoom } from './quota.ts'
import { lockOwnDatabase } from './store.ts'
import { updateDatabaseRow } from './versions.ts'

export interface RecoverDeps {
  db: Kysely<Tables>
  jobs: Jobs
}

/** One transaction (name, quota, audit, job) → the engine puts the data back → the database as it was. */
export const recoverDatabase: Handler<typeof ROUTES.recoverDatabase, RecoverDeps> = async (
  { db, jobs },
  { caller, database, body, request },
) => {
  const name = body.name === undefined ? database.name : parseDatabaseName(body.name)
  const job = await db.transaction().execute(async (trx) => {
    await requireRoom(trx, caller)
    const { state, state_reason, purge_at, purged_at } = await lockOwnDatabase(trx, caller, database.id)
    const isGone = purged_at !== null || (purge_at !== null && purge_at.getTime() <= request.now)
    if (state !== 'DISABLED' || isGone) {
      const early = purged_at === null ? null : state_reason
      const why = isGone ? (early ?? 'its grace period is over') : `it is ${state}, not deleted`
      throw new ApiError('conflict', `the database cannot be recovered: ${why}`, { fields: { state } })
    }
    await requireFreeName(trx, caller, name)
    const begun = await beginJob(trx, jobs, {
      kind: 'recover',
      customerId: caller.customerId,
      databaseId: database.id,
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
    // An expiry that has passed would delete it again at once.
    const expiry =
      database.expires_at && database.expires_at.getTime() <= request.now ? { expires_at: null } : {}
    await updateDatabaseRow(trx, database.id, { name, state: 'CREATING', ...expiry }, request.now)
    await auditDatabase(trx, { caller, request }, 'recover', { id: database.id, name })
    return begun
  })

  const outcome = await jobs.run(job)
  return { status: 200, body: bodyOf<CreatedDatabase>(job, outcome, 'the database is not recovered') }
}
