/** The route that branches a database. */
import type { DatabaseEngine, TableName } from '@db9/engine'
import type { Branch, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Kysely } from 'kysely'
import { requireCapability } from '../capability.ts'
import { ApiError, unprocessable } from '../errors.ts'
import type { CallOf, Handler } from '../http/call.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { requireNotChanging } from '../operations/conflicts.ts'
import { bodyOf } from '../operations/outcome.ts'
import { parseQualifiedName } from '../postgres-names.ts'
import { type ExactMoment, parseExact } from '../rfc3339.ts'
import type { BranchInput } from './copy.job.ts'
import { parseDatabaseName } from './names.ts'
import { insertDatabase, type NewDatabase, type NewRowDeps } from './new-row.ts'
import { newPassword } from './passwords.ts'
import { requireCopySlot } from './quota.ts'
import { lockOwnDatabase, requireActive } from './store.ts'
import { type CredentialDeps, toBranch } from './view.ts'

type BranchCall = CallOf<typeof ROUTES.branchDatabase>

export interface BranchDeps extends NewRowDeps, CredentialDeps {
  db: Kysely<Tables>
  jobs: Jobs
  engine: Pick<DatabaseEngine, 'capabilities' | 'restoreWindow' | 'defaultSettings' | 'volume'>
  /** How long a caller waits for the copy, milliseconds; a longer one is answered as CLONING. */
  branchWaitMs: number
}

interface BranchPlan {
  row: Omit<NewDatabase, 'origin'>
  input: BranchInput
  snapshotAt: ExactMoment | null
  expiresAt: Date | null
}

/** Parse → is the point in time in the window → one transaction (row, audit, job) → the copy, or CLONING. */
export const branchDatabase: Handler<typeof ROUTES.branchDatabase, BranchDeps> = async (deps, call) => {
  const plan = planBranch(deps, call)
  requireActive(call.database)
  if (plan.snapshotAt) await requireInWindow(deps, call.database, plan.snapshotAt.at)
  const { branch, job } = await insertBranch(deps, call, plan)

  const late = AbortSignal.timeout(deps.branchWaitMs)
  const waited = new Promise<null>((resolve) => late.addEventListener('abort', () => resolve(null)))
  const outcome = await Promise.race([deps.jobs.run(job), waited])
  if (outcome === null || outcome.kind === 'pending') {
    return { status: 201, body: toBranch(deps, branch, job.id, null) }
  }
  return { status: 201, body: bodyOf<Branch>(job, outcome, 'the branch is not created') }
}

function planBranch({ engine }: BranchDeps, { body, database, request }: BranchCall): BranchPlan {
  const name = parseDatabaseName(body.name)
  const snapshotAt = body.snapshot_at === undefined ? null : parseExact(body.snapshot_at)
  if (body.snapshot_at !== undefined && !snapshotAt)
    throw unprocessable('snapshot_at', 'is more exact than a microsecond')
  const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at)
  if (snapshotAt && snapshotAt.at.getTime() > request.now)
    throw unprocessable('snapshot_at', 'is in the future')
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
    input: { at: snapshotAt?.text ?? 'now', data: body.data ?? true, keep: parseKept(body) },
    snapshotAt,
    expiresAt,
  }
}

/** The tables of a branch without data whose rows are kept. */
function parseKept({ data = true, keep_data = [] }: BranchCall['body']): TableName[] {
  if (data && keep_data.length > 0)
    throw unprocessable('keep_data', 'is for a branch without data: "data": false')
  return keep_data.map((text, index) => {
    const { schema, name } = parseQualifiedName(text, `keep_data.${index}`)
    return { schema: schema ?? 'public', name }
  })
}

/** 422 with the beginning of the window; the database is not woken for it. */
async function requireInWindow({ engine }: BranchDeps, database: DatabaseRow, moment: Date): Promise<void> {
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

function insertBranch(deps: BranchDeps, call: BranchCall, { row, input, snapshotAt, expiresAt }: BranchPlan) {
  const { caller, database, request } = call
  return deps.db.transaction().execute(async (trx) => {
    const origin = {
      how: 'branch',
      source: database,
      snapshotAt: snapshotAt?.text ?? null,
      expiresAt,
    } as const
    const branch = await insertDatabase(trx, deps, call, { ...row, origin })
    await requireCopySlot(trx, caller)
    requireActive(await lockOwnDatabase(trx, caller, database.id))
    await requireNotChanging(trx, database.id)
    const job = await beginJob(trx, deps.jobs, {
      kind: 'branch',
      customerId: caller.customerId,
      databaseId: row.id,
      sourceId: database.id,
      input,
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
    return { branch, job }
  })
}
