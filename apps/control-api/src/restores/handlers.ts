/** The routes of restores: new databases, made from backups. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Kysely } from 'kysely'
import { lockBackup } from '../backups/store.ts'
import { requireCapability } from '../capability.ts'
import { parseDatabaseName } from '../databases/names.ts'
import { insertDatabase, type NewRowDeps } from '../databases/new-row.ts'
import { newPassword } from '../databases/passwords.ts'
import { requireCopySlot } from '../databases/quota.ts'
import { findById } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { CallOf, Handler } from '../http/call.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { readRestore } from './store.ts'

export interface RestoreDeps extends NewRowDeps {
  db: Kysely<Tables>
  jobs: Jobs
  engine: Pick<DatabaseEngine, 'capabilities' | 'volume' | 'defaultSettings'>
}

/** One transaction (database, restore, audit, job) → answered as running; the job goes on. */
const createRestore: Handler<typeof ROUTES.createRestore, RestoreDeps> = async (deps, call) => {
  const name = parseDatabaseName(call.body.target_name, 'target_name')
  requireCapability(deps.engine.capabilities.backup)
  const { job, reply } = await insertRestore(deps, call, name)
  void deps.jobs.run(job)
  return reply
}

const getRestore: Handler<typeof ROUTES.getRestore, RestoreDeps> = async ({ db }, { caller, params }) => {
  return { status: 200, body: await readRestore(db, caller.customerId, params.restore_id) }
}

function insertRestore(deps: RestoreDeps, call: CallOf<typeof ROUTES.createRestore>, name: string) {
  const { caller, body, request, remember } = call
  const id = newId('restore', request.now)
  const databaseId = newId('database', request.now)
  return deps.db.transaction().execute(async (trx) => {
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
    await insertDatabase(trx, deps, call, {
      id: databaseId,
      name,
      region: source.region,
      projectId: source.project_id,
      adminPassword: newPassword(),
      origin: { how: 'restore', source },
    })
    await requireCopySlot(trx, caller)
    const job = await beginJob(trx, deps.jobs, {
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
      operation_id: job.id,
      created_at: new Date(request.now),
    }
    await trx.insertInto('restores').values(row).execute()
    const reply = { status: 201 as const, body: await readRestore(trx, caller.customerId, id) }
    return { job, reply: await remember(trx, reply) }
  })
}

export function restoreHandlers(deps: RestoreDeps) {
  return bind(deps, { createRestore, getRestore })
}
