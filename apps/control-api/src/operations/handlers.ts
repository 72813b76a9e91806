import type { Operation, ROUTES } from '@db9/types'
import type { CopyState } from '../databases/copy.job.ts'
import { toText } from '../databases/view.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import { OPERATION_KINDS } from '../job-definitions.ts'
import { UNDO } from '../jobs/definition.ts'
import type { OperationRow } from '../metadata/tables.ts'

const USUALLY_LISTED = 100

export const getOperation: Handler<typeof ROUTES.getOperation> = async ({ db }, { caller, params }) => {
  const row = await db
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', params.operation_id)
    .where('customer_id', '=', caller.customerId)
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'operation not found')
  return { status: 200, body: toOperation(row) }
}

export const listOperations: Handler<typeof ROUTES.listOperations> = async (
  { db },
  { database, query: { cursor, limit = USUALLY_LISTED } },
) => {
  let rows = db
    .selectFrom('operations')
    .selectAll()
    .where((eb) => eb.or([eb('database_id', '=', database.id), eb('source_id', '=', database.id)]))
  if (cursor !== undefined) rows = rows.where('id', '<', cursor)
  const page = await rows.orderBy('id', 'desc').limit(rowsOf({ limit })).execute()
  return toPage(page, { limit }, toOperation)
}

function toOperation(row: OperationRow): Operation {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    step: row.status === 'running' ? currentStep(row) : null,
    progress: row.progress,
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

/** Of a branch or a restore, once that is known. */
export function rolesWithoutPassword({ state }: Pick<OperationRow, 'state'>): string[] | null {
  return (state as Partial<CopyState>).lostPasswords ?? null
}

function currentStep({ kind, step, undoing }: OperationRow): string | null {
  if (undoing) return UNDO
  const { steps } = OPERATION_KINDS[kind]
  return steps[steps.findIndex(({ name }) => name === step) + 1]?.name ?? null
}
