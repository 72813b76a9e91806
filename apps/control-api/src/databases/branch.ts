import type { Branch, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import { requireCapability } from '../capability.ts'
import { DEFAULT_BRANCH_WAIT_MS } from '../config.ts'
import { ApiError, unprocessable } from '../errors.ts'
import type { CallOf, Handler } from '../http/call.ts'
import { runOperation } from '../jobs/runner.ts'
import { insertOperation, requireNotChanging } from '../jobs/store.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import { bodyOf } from '../operations/outcome.ts'
import type { Services } from '../services.ts'
import type { BranchInput } from './copy.job.ts'
import { requireFewCopies } from './copy-limit.ts'
import { parseDatabaseName } from './names.ts'
import { insertDatabase, type NewDatabaseRow } from './new-row.ts'
import { newPassword } from './passwords.ts'
import { lockOwnDatabase, requireActive } from './store.ts'
import { toBranch } from './view.ts'

type BranchCall = CallOf<typeof ROUTES.branchDatabase>

interface BranchPlan {
  row: Omit<NewDatabaseRow, 'origin'>
  input: BranchInput
  snapshotAt: Date | null
  expiresAt: Date | null
}

/** Parse → is the moment in the window → one transaction (row, audit, operation) → the copy, or CLONING. */
export const branchDatabase: Handler<typeof ROUTES.branchDatabase> = async (services, call) => {
  const plan = planBranch(services, call)
  requireActive(call.database)
  if (plan.snapshotAt) await requireInWindow(services, call.database, plan.snapshotAt)
  const { branch, operation } = await insertBranch(services, call, plan)

  const late = AbortSignal.timeout(services.config.branchWaitMs ?? DEFAULT_BRANCH_WAIT_MS)
  const waited = new Promise<null>((resolve) => late.addEventListener('abort', () => resolve(null)))
  const outcome = await Promise.race([runOperation(services, operation), waited])
  if (outcome === null || outcome.kind === 'pending') {
    return { status: 201, body: toBranch(services, branch, operation.id, null) }
  }
  return { status: 201, body: bodyOf<Branch>(operation, outcome, 'the branch is not created') }
}

function planBranch({ engine }: Services, { body, database, request }: BranchCall): BranchPlan {
  const name = parseDatabaseName(body.name)
  const snapshotAt = body.snapshot_at === undefined ? null : new Date(body.snapshot_at)
  const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at)
  if (snapshotAt && snapshotAt.getTime() > request.now) throw unprocessable('snapshot_at', 'is in the future')
  if (expiresAt && expiresAt.getTime() <= request.now) throw unprocessable('expires_at', 'is in the past')
  requireCapability(engine.capabilities.branch)
  if (snapshotAt) requireCapability(engine.capabilities.branchAtTime)
  return {
    row: {
      id: newId('database', request.now),
      name,
      region: database.region,
      projectId: database.project_id,
      adminPassword: newPassword(),
    },
    input: { at: snapshotAt?.toISOString() ?? 'now', data: body.data ?? true },
    snapshotAt,
    expiresAt,
  }
}

/** 422 with the beginning of the window; the database is not woken for it. */
async function requireInWindow({ engine }: Services, database: DatabaseRow, moment: Date): Promise<void> {
  const { from: earliest, limitBytes: limit } = await engine.restoreWindow(database.id)
  if (earliest && moment >= earliest) return
  if (!earliest)
    throw unprocessable('snapshot_at', 'no moment of the past can be restored yet; try again soon')
  const within = limit === null ? '' : ` within the ${limit} bytes that its past may take`
  const text = earliest.toISOString()
  throw new ApiError('unprocessable', `snapshot_at: is before ${text}, the earliest moment kept${within}`, {
    fields: { earliest_restorable: text },
  })
}

function insertBranch(
  services: Services,
  call: BranchCall,
  { row, input, snapshotAt, expiresAt }: BranchPlan,
) {
  const { caller, database, request } = call
  return services.db.transaction().execute(async (trx) => {
    const origin = { how: 'branch', source: database, snapshotAt, expiresAt } as const
    const branch = await insertDatabase(trx, services, call, { ...row, origin })
    await requireFewCopies(trx, caller)
    requireActive(await lockOwnDatabase(trx, caller, database.id))
    await requireNotChanging(trx, database.id)
    const operation = await insertOperation(trx, services, {
      kind: 'branch',
      customerId: caller.customerId,
      databaseId: row.id,
      sourceId: database.id,
      input,
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
    return { branch, operation }
  })
}
