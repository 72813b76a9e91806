/** The routes of backups. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Kysely } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import { requireCapability } from '../capability.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { requireNotChanging } from '../operations/conflicts.ts'
import { findBackup, insertDeleteBackup, requireBackupRoom } from './store.ts'
import { toBackup } from './view.ts'

export interface BackupDeps {
  db: Kysely<Tables>
  jobs: Jobs
  engine: Pick<DatabaseEngine, 'capabilities'>
}

/** One transaction (row, audit, job) → answered as creating; the job goes on. */
const createBackup: Handler<typeof ROUTES.createBackup, BackupDeps> = async (
  { db, jobs, engine },
  { caller, database, body, request, remember },
) => {
  requireCapability(engine.capabilities.backup)
  const id = newId('backup', request.now)
  const now = new Date(request.now)
  const { job, reply } = await db.transaction().execute(async (trx) => {
    await requireBackupRoom(trx, caller)
    requireActive(await lockOwnDatabase(trx, caller, database.id))
    await requireNotChanging(trx, database.id)
    const row = await trx
      .insertInto('backups')
      .values({
        id,
        customer_id: caller.customerId,
        database_id: database.id,
        label: body.label ?? null,
        state: 'creating',
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    const job = await beginJob(trx, jobs, {
      kind: 'backup',
      customerId: caller.customerId,
      databaseId: null,
      sourceId: database.id,
      backupId: id,
      now: request.now,
    })
    const name = body.label
    await insertAudit(trx, caller, request, {
      operation: 'create',
      resource: 'backup',
      id,
      databaseId: database.id,
      ...(name !== undefined && { name }),
    })
    return { job, reply: await remember(trx, { status: 201 as const, body: toBackup(row) }) }
  })
  void jobs.run(job)
  return reply
}

const listBackups: Handler<typeof ROUTES.listBackups, BackupDeps> = async ({ db }, { database, query }) => {
  const rows = await db
    .selectFrom('backups')
    .selectAll()
    .where('database_id', '=', database.id)
    .where('state', '<>', 'deleted')
    .where('id', '>', query.cursor ?? '')
    .orderBy('id')
    .limit(rowsOf(query))
    .execute()
  return toPage(rows, query, toBackup)
}

const getBackup: Handler<typeof ROUTES.getBackup, BackupDeps> = async ({ db }, { database, params }) => {
  return { status: 200, body: toBackup(await findBackup(db, database.id, params.backup_id)) }
}

/** One transaction (state, audit, job) → the engine removes it. May be repeated. */
const deleteBackup: Handler<typeof ROUTES.deleteBackup, BackupDeps> = async (
  { db, jobs },
  { caller, database, params, request },
) => {
  const backup = await findBackup(db, database.id, params.backup_id)
  const job = await db.transaction().execute(async (trx) => {
    const begun = await insertDeleteBackup(trx, jobs, { backup, now: request.now })
    if (!begun) return null
    await insertAudit(trx, caller, request, {
      operation: 'delete',
      resource: 'backup',
      id: backup.id,
      databaseId: database.id,
      ...(backup.label !== null && { name: backup.label }),
    })
    return begun
  })
  if (job) await jobs.run(job)
  return { status: 200, body: { message: 'Backup deleted' } }
}

export function backupHandlers(deps: BackupDeps) {
  return bind(deps, { createBackup, listBackups, getBackup, deleteBackup })
}
