/** The routes of operations: the jobs that an account may see. */
import type { Operation, ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { rolesWithoutPassword } from '../databases/copy.job.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { toText } from '../rfc3339.ts'
import { type CancelDeps, cancelJob, findOperation } from './cancel.ts'

const USUALLY_LISTED = 100

export interface OperationDeps extends CancelDeps {
  db: Kysely<Tables>
  jobs: Pick<Jobs, 'currentStep' | 'canCancel' | 'cancel'>
}

const getOperation: Handler<typeof ROUTES.getOperation, OperationDeps> = async (
  { db, jobs },
  { caller, params },
) => {
  const row = await findOperation(db, caller, params.operation_id)
  return { status: 200, body: toOperation(jobs, row) }
}

const cancelOperation: Handler<typeof ROUTES.cancelOperation, OperationDeps> = async (deps, call) => {
  const row = await cancelJob(deps, call, call.params.operation_id)
  const body = toOperation(deps.jobs, row)
  return row.status === 'running' ? { status: 202, body } : { status: 200, body }
}

const listOperations: Handler<typeof ROUTES.listOperations, OperationDeps> = async (
  { db, jobs },
  { database, query: { cursor, limit = USUALLY_LISTED } },
) => {
  let rows = db
    .selectFrom('operations')
    .selectAll()
    .where((eb) => eb.or([eb('database_id', '=', database.id), eb('source_id', '=', database.id)]))
  if (cursor !== undefined) rows = rows.where('id', '<', cursor)
  const page = await rows.orderBy('id', 'desc').limit(rowsOf({ limit })).execute()
  return toPage(page, { limit }, (row) => toOperation(jobs, row))
}

function toOperation(jobs: OperationDeps['jobs'], row: JobRow): Operation {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    step: row.status === 'running' ? jobs.currentStep(row) : null,
    progress: row.progress,
    cancelled_at: row.status === 'done' ? null : toText(row.cancelled_at),
    state_reason: row.error,
    failures: row.failures,
    database_id: row.database_id ?? row.source_id,
    backup_id: row.backup_id,
    roles_without_password: rolesWithoutPassword(row),
    deadline_at: toText(row.deadline_at),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export function operationHandlers(deps: OperationDeps) {
  return bind(deps, { getOperation, listOperations, cancelOperation })
}
