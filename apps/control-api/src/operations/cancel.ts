/** Cancels jobs: what they did is taken back. */
import { within } from '@db9/types/within'
import type { Kysely, Transaction } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import type { Caller } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'

export interface CancelDeps {
  db: Kysely<Tables>
  jobs: Pick<Jobs, 'canCancel' | 'cancel'>
}

/** How long a caller waits until the job is taken back. */
const WAIT_MS = 10_000

/** The account's operation; 404 where it has none of this id. */
export async function findOperation(
  db: Kysely<Tables>,
  { customerId }: Pick<Caller, 'customerId'>,
  id: string,
): Promise<JobRow> {
  const row = await db
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', id)
    .where('customer_id', '=', customerId)
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'operation not found')
  return row
}

/** One transaction (mark, audit) → the runner takes the job back → the job as it is then. May be repeated. */
export async function cancelJob(
  { db, jobs }: CancelDeps,
  { caller, request }: { caller: Caller; request: RequestInfo },
  id: string,
): Promise<JobRow> {
  await db.transaction().execute(async (trx) => {
    const row = await findOperation(trx, caller, id)
    if (row.status !== 'running' && row.cancelled_at) return
    if (row.status !== 'running') throw hasEnded(row)
    if (!jobs.canCancel(row.kind)) {
      const message = `the operation cannot be cancelled: ${row.kind.replace('_', ' ')} is tried until it is done`
      throw new ApiError('conflict', message)
    }
    if (!(await markCancelled(trx, [id], request.now)).includes(id)) return
    const { kind: name, database_id } = row
    const subject = {
      resource: 'operation',
      id,
      name,
      ...(database_id && { databaseId: database_id }),
    } as const
    await insertAudit(trx, caller, request, { operation: 'cancel', ...subject })
  })
  await within(WAIT_MS, jobs.cancel(id), () => {})
  const row = await findOperation(db, caller, id)
  if (row.status === 'done') throw hasEnded(row)
  return row
}

/** Marks jobs that run as cancelled. Returns those that were not marked before; the caller then has the jobs taken back. */
export async function markCancelled(trx: Transaction<Tables>, ids: string[], now: number): Promise<string[]> {
  const marked = await trx
    .updateTable('operations')
    .set({ cancelled_at: new Date(now) })
    .where('id', 'in', ids)
    .where('status', '=', 'running')
    .where('cancelled_at', 'is', null)
    .returning('id')
    .execute()
  return marked.map(({ id }) => id)
}

function hasEnded({ status }: JobRow): ApiError {
  return new ApiError('conflict', `the operation has ended: it is ${status}`)
}
