/**
 * Repairs rows that say that a job is under way while there is none: an earlier release gave the job up, or the metadata
 * was changed by hand.
 */
import { beginDeleteBackup, type ExpireDeps } from '../backups/expire.ts'
import { lockDatabase } from '../databases/store.ts'
import { updateDatabaseRow } from '../databases/versions.ts'
import { hasNoJob } from '../jobs/store.ts'
import { beginAndRun, beginJob, MOST_AT_ONCE } from '../operations/begin.ts'

export type RepairDeps = ExpireDeps

/** Begins a delete again; ends a database that was being made or recovered. */
export async function repairDatabases(deps: RepairDeps): Promise<void> {
  const { db, jobs, clock, log } = deps
  const stuck = await db
    .selectFrom('databases')
    .selectAll()
    .where('state', 'in', ['CREATING', 'CLONING', 'DISABLING'])
    .where(hasNoJob('databases'))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const database of stuck) {
    log.warn({ database_id: database.id, state: database.state }, 'a database without its job')
    await beginAndRun(deps, async (trx) => {
      const { state } = await lockDatabase(trx, database.id)
      if (state !== database.state) return null
      const job = { customerId: database.customer_id, databaseId: database.id, now: clock() }
      if (state === 'DISABLING') return beginJob(trx, jobs, { ...job, kind: 'delete' })
      // An unfinished recovery leaves it deleted; of a database that was being made, the next start removes the data.
      const ended = database.deleted_at === null ? 'CREATE_FAILED' : 'DISABLED'
      const change = { state: ended, state_reason: 'it was left unfinished' } as const
      await updateDatabaseRow(trx, database.id, change, clock())
      return null
    })
  }
}

/** Ends a backup that was being made, and begins its removal again where that was under way. */
export async function repairBackups(deps: RepairDeps): Promise<void> {
  const { db, clock, log } = deps
  const stuck = await db
    .selectFrom('backups')
    .selectAll()
    .where('state', 'in', ['creating', 'deleting'])
    .where(hasNoJob('backups'))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const backup of stuck) {
    log.warn({ backup_id: backup.id, state: backup.state }, 'a backup without its job')
    const change = {
      state: 'failed',
      state_reason: 'it was left unfinished',
      updated_at: new Date(clock()),
    } as const
    await db
      .updateTable('backups')
      .set(change)
      .where('id', '=', backup.id)
      .where('state', '=', backup.state)
      .execute()
    if (backup.state === 'deleting') await beginDeleteBackup(deps, backup)
  }
}
