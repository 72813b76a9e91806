import type { Restore, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import { lockBackup } from '../backups/store.ts'
import { requireCapability } from '../capability.ts'
import { requireFewCopies } from '../databases/copy-limit.ts'
import { parseDatabaseName } from '../databases/names.ts'
import { insertDatabase } from '../databases/new-row.ts'
import { newPassword } from '../databases/passwords.ts'
import { findById } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import type { CallOf, Handler } from '../http/call.ts'
import { runOperation } from '../jobs/runner.ts'
import { insertOperation } from '../jobs/store.ts'
import { rolesWithoutPassword } from '../operations/handlers.ts'
import type { Services } from '../services.ts'

/** One transaction (database, restore, audit, operation) → answered as running; the engine goes on. */
export const createRestore: Handler<typeof ROUTES.createRestore> = async (services, call) => {
  const name = parseDatabaseName(call.body.target_name, 'target_name')
  requireCapability(services.engine.capabilities.backup)
  const { operation, reply } = await insertRestore(services, call, name)
  void runOperation(services, operation)
  return reply
}

export const getRestore: Handler<typeof ROUTES.getRestore> = async (services, { caller, params }) => {
  return { status: 200, body: await readRestore(services, caller.customerId, params.restore_id) }
}

function insertRestore(services: Services, call: CallOf<typeof ROUTES.createRestore>, name: string) {
  const { caller, body, request, remember } = call
  const id = newId('restore', request.now)
  const databaseId = newId('database', request.now)
  return services.db.transaction().execute(async (trx) => {
    const found = await trx
      .selectFrom('backups')
      .select('id')
      .where('id', '=', body.backup_id)
      .where('customer_id', '=', caller.customerId)
      .executeTakeFirst()
    const backup = found && (await lockBackup(trx, found.id))
    if (!backup || backup.state === 'deleting' || backup.state === 'deleted') {
      throw new ApiError('not_found', 'backup not found')
    }
    if (backup.state !== 'ready') {
      const fields = { state: backup.state }
      throw new ApiError('conflict', `the backup is ${backup.state}, not ready`, { fields })
    }
    const source = await findById(trx, backup.database_id)
    await insertDatabase(trx, services, call, {
      id: databaseId,
      name,
      region: source.region,
      projectId: source.project_id,
      adminPassword: newPassword(),
      origin: { how: 'restore', source },
    })
    await requireFewCopies(trx, caller)
    const operation = await insertOperation(trx, services, {
      kind: 'restore',
      customerId: caller.customerId,
      databaseId,
      backupId: backup.id,
      now: request.now,
    })
    const row = {
      id,
      customer_id: caller.customerId,
      backup_id: backup.id,
      target_database_id: databaseId,
      operation_id: operation.id,
      created_at: new Date(request.now),
    }
    await trx.insertInto('restores').values(row).execute()
    const reply = { status: 201 as const, body: await readRestore({ db: trx }, caller.customerId, id) }
    return { operation, reply: await remember(trx, reply) }
  })
}

const STATUS = { running: 'running', done: 'completed', failed: 'failed' } as const

/** Throws 404 where the account has no such restore. */
async function readRestore({ db }: Pick<Services, 'db'>, customerId: string, id: string): Promise<Restore> {
  const row = await db
    .selectFrom('restores as r')
    .innerJoin('operations as o', 'o.id', 'r.operation_id')
    .innerJoin('databases as d', 'd.id', 'r.target_database_id')
    .select(['r.id', 'r.backup_id', 'r.target_database_id', 'r.operation_id', 'r.created_at'])
    .select(['o.status', 'o.error', 'o.state', 'o.updated_at', 'd.name'])
    .where('r.id', '=', id)
    .where('r.customer_id', '=', customerId)
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'restore not found')
  return {
    id: row.id,
    backup_id: row.backup_id,
    target_database_id: row.target_database_id,
    target_name: row.name,
    status: STATUS[row.status],
    state_reason: row.error,
    operation_id: row.operation_id,
    roles_without_password: row.status === 'done' ? rolesWithoutPassword(row) : null,
    created_at: row.created_at.toISOString(),
    completed_at: row.status === 'done' ? row.updated_at.toISOString() : null,
  }
}
