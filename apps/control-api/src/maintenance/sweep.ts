import type { Transaction } from 'kysely'
import { insertAudit, pruneAudit } from '../audit/audit.ts'
import { insertDeleteBackup } from '../backups/store.ts'
import { insertDelete } from '../databases/delete.ts'
import { purgeDue, purgeForRoom, purgeOverLimit } from '../databases/purge.ts'
import { lockDatabase } from '../databases/store.ts'
import { changeDatabase } from '../databases/versions.ts'
import { pruneOperations } from '../jobs/prune.ts'
import { insertOperation, isLeftAlone } from '../jobs/store.ts'
import type { BackupRow, DatabaseRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { beginAndRun, MOST_AT_ONCE } from './begin.ts'

/**
 * Begins what is due by the clock: branches that expire, deleted databases whose grace period is over, backups past their
 * retention, operations that ended and what anonymous accounts did long ago. And what a row says is under way without an operation that is at it is begun again or called off.
 */
export async function sweep(services: Services): Promise<void> {
  await deleteExpired(services)
  await purgeDue(services)
  await purgeOverLimit(services)
  await purgeForRoom(services)
  await deleteOldBackups(services)
  await mendDatabases(services)
  await mendBackups(services)
  await pruneOperations(services)
  await pruneAudit(services.db, new Date(services.clock() - services.config.retention.anonymousAuditMs))
}

async function deleteExpired(services: Services): Promise<void> {
  const { db, clock } = services
  const due = await db
    .selectFrom('databases')
    .selectAll()
    .where('state', '=', 'ACTIVE')
    .where('expires_at', '<=', new Date(clock()))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const database of due) {
    await beginAndRun(services, async (trx) => {
      const begun = await insertDelete(trx, services, { database, now: clock() })
      if (begun) await auditDelete(trx, services, database)
      return begun
    })
    await services.announcer.announce(database.id)
  }
}

async function deleteOldBackups(services: Services): Promise<void> {
  const { db, clock } = services
  const due = await db
    .selectFrom('backups')
    .selectAll()
    .where('state', '=', 'ready')
    .where('expires_at', '<=', new Date(clock()))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const backup of due) await beginDeleteBackup(services, backup)
}

/** Rows that no operation is at: of an operation that another release gave up, or of a hand in the metadata. */
async function mendDatabases(services: Services): Promise<void> {
  const { db, clock } = services
  const stuck = await db
    .selectFrom('databases')
    .selectAll()
    .where('state', 'in', ['CREATING', 'CLONING', 'DISABLING'])
    .where(isLeftAlone('databases'))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const database of stuck) {
    services.log.warn({ database_id: database.id, state: database.state }, 'a database without its operation')
    await beginAndRun(services, async (trx) => {
      const { state } = await lockDatabase(trx, database.id)
      if (state !== database.state) return null
      const operation = { customerId: database.customer_id, databaseId: database.id, now: clock() }
      if (state === 'DISABLING') return insertOperation(trx, services, { ...operation, kind: 'delete' })
      // A recovery that is not done leaves it deleted; of one that failed to be made, the next start removes the data.
      const ended = database.deleted_at === null ? 'CREATE_FAILED' : 'DISABLED'
      const change = { state: ended, state_reason: 'it was left unfinished' } as const
      await changeDatabase(trx, database.id, change, clock())
      return null
    })
  }
}

async function mendBackups(services: Services): Promise<void> {
  const { db, clock } = services
  const stuck = await db
    .selectFrom('backups')
    .selectAll()
    .where('state', 'in', ['creating', 'deleting'])
    .where(isLeftAlone('backups'))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const backup of stuck) {
    services.log.warn({ backup_id: backup.id, state: backup.state }, 'a backup without its operation')
    // Whatever there is of it goes.
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
    if (backup.state === 'deleting') await beginDeleteBackup(services, backup)
  }
}

function beginDeleteBackup(services: Services, backup: BackupRow): Promise<void> {
  const now = services.clock()
  return beginAndRun(services, (trx) => insertDeleteBackup(trx, services, { backup, now }))
}

async function auditDelete(
  trx: Transaction<Tables>,
  { clock }: Services,
  database: DatabaseRow,
): Promise<void> {
  const { id, name } = database
  const nobody = { customerId: database.customer_id, tokenId: null }
  const request = { id: null, address: null, now: clock() }
  await insertAudit(trx, nobody, request, {
    operation: 'delete',
    resource: 'database',
    id,
    name,
    databaseId: id,
  })
}
