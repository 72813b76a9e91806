import type { Backup, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import { insertAudit } from '../audit/audit.ts'
import { requireCapability } from '../capability.ts'
import { requireBackupRoom } from '../databases/quota.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import { toText } from '../databases/view.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import { runOperation } from '../jobs/runner.ts'
import { insertOperation, requireNotChanging } from '../jobs/store.ts'
import type { BackupRow } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { insertDeleteBackup } from './store.ts'

/** One transaction (row, audit, operation) → answered as creating; the engine goes on. */
export const createBackup: Handler<typeof ROUTES.createBackup> = async (
  services,
  { caller, database, body, request, remember },
) => {
  requireCapability(services.engine.capabilities.backup)
  const id = newId('backup', request.now)
  const now = new Date(request.now)
  const { operation, reply } = await services.db.transaction().execute(async (trx) => {
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
    const operation = await insertOperation(trx, services, {
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
    return { operation, reply: await remember(trx, { status: 201 as const, body: toBackup(row) }) }
  })
  void runOperation(services, operation)
  return reply
}

export const listBackups: Handler<typeof ROUTES.listBackups> = async ({ db }, { database, query }) => {
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

export const getBackup: Handler<typeof ROUTES.getBackup> = async (services, { database, params }) => {
  return { status: 200, body: toBackup(await findBackup(services, database.id, params.backup_id)) }
}

/** One transaction (state, audit, operation) → the engine removes it. May be repeated. */
export const deleteBackup: Handler<typeof ROUTES.deleteBackup> = async (
  services,
  { caller, database, params, request },
) => {
  const backup = await findBackup(services, database.id, params.backup_id)
  const operation = await services.db.transaction().execute(async (trx) => {
    const begun = await insertDeleteBackup(trx, services, { backup, now: request.now })
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
  if (operation) await runOperation(services, operation)
  return { status: 200, body: { message: 'Backup deleted' } }
}

async function findBackup({ db }: Services, databaseId: string, id: string): Promise<BackupRow> {
  const row = await db
    .selectFrom('backups')
    .selectAll()
    .where('id', '=', id)
    .where('database_id', '=', databaseId)
    .where('state', '<>', 'deleted')
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'backup not found')
  return row
}

function toBackup(row: BackupRow): Backup {
  const { facts } = row
  return {
    id: row.id,
    database_id: row.database_id,
    label: row.label,
    // One that is deleted is never shown.
    state: row.state === 'deleted' ? 'deleting' : row.state,
    state_reason: row.state_reason,
    size_bytes: facts?.sizeBytes ?? null,
    checksum: facts?.checksum ?? null,
    lsn: facts?.lsn ?? null,
    engine_version: facts?.engineVersion ?? null,
    started_at: facts?.startedAt ?? null,
    completed_at: facts?.completedAt ?? null,
    expires_at: toText(row.expires_at),
    created_at: row.created_at.toISOString(),
  }
}
