/** The audit log: who did what. */
import type { AuditOperation, AuditResource } from '@db9/types'
import { newId } from '@db9/types/ids'
import { type Kysely, sql, type Transaction } from 'kysely'
import { ApiError } from '../errors.ts'
import type { AuditRow, NewAuditRow, Tables } from '../metadata/tables.ts'

export interface AuditedAction {
  operation: AuditOperation
  resource: AuditResource
  id: string
  name?: string
  databaseId?: string
}

/** Rows that are kept of an account other than the owner's: the newest of what only read, and of all else. Reads drive out no change. */
export const MOST_ANONYMOUS_ROWS = 1_000
export const MOST_ANONYMOUS_READS = 200

/** Records an action in the transaction that does it. Removes the oldest rows of an account other than the owner's that has too many. */
export async function insertAudit(
  trx: Transaction<Tables>,
  caller: { customerId: string; tokenId: string | null },
  request: { id: string | null; address: string | null; now: number },
  action: AuditedAction,
): Promise<void> {
  await insertRow(trx, { caller, request }, action, { success: true, error_message: null })
}

/**
 * Does what the metadata cannot undo, recorded before and after: without a record nothing is done, and a failure is recorded
 * with its reason.
 */
export async function audited<T>(
  db: Kysely<Tables>,
  auditor: Auditor,
  action: AuditedAction,
  work: () => Promise<T>,
): Promise<T> {
  const begun = { success: false, error_message: 'it has not ended' }
  const id = await db.transaction().execute((trx) => insertRow(trx, auditor, action, begun))
  const end = (outcome: AuditOutcome) =>
    db.updateTable('audit_log').set(outcome).where('id', '=', id).execute()
  const result = await work().catch(async (error) => {
    const message = error instanceof ApiError ? error.message : 'internal error'
    await end({ success: false, error_message: message })
    throw error
  })
  await end({ success: true, error_message: null })
  return result
}

type AuditOutcome = Pick<AuditRow, 'success' | 'error_message'>

async function insertRow(
  trx: Transaction<Tables>,
  { caller, request }: Auditor,
  action: AuditedAction,
  outcome: AuditOutcome,
): Promise<string> {
  const row: NewAuditRow = {
    id: newId('audit', request.now),
    customer_id: caller.customerId,
    token_id: caller.tokenId,
    address: request.address,
    request_id: request.id,
    operation_type: action.operation,
    resource_type: action.resource,
    resource_id: action.id,
    resource_name: action.name ?? null,
    database_id: action.databaseId ?? null,
    ...outcome,
    created_at: new Date(request.now),
  }
  const { anonymous } = await trx
    .insertInto('audit_log')
    .values({
      ...row,
      anonymous: sql`(select kind <> 'owner' from customers where id = ${caller.customerId})`,
    })
    .returning('anonymous')
    .executeTakeFirstOrThrow()
  if (anonymous) await removeOldest(trx, caller.customerId, action.operation === 'read')
  return row.id
}

/** Who does it, and by which request. */
export interface Auditor {
  caller: Parameters<typeof insertAudit>[1]
  request: Parameters<typeof insertAudit>[2]
}

/** Records an action on a database, or on a part of it that has no id of its own. */
export function auditDatabase(
  trx: Transaction<Tables>,
  { caller, request }: Auditor,
  operation: AuditedAction['operation'],
  { id, name }: { id: string; name?: string },
  resource: AuditedAction['resource'] = 'database',
): Promise<void> {
  const action = { operation, resource, id, databaseId: id, ...(name !== undefined && { name }) }
  return insertAudit(trx, caller, request, action)
}

async function removeOldest(trx: Transaction<Tables>, customerId: string, isRead: boolean): Promise<void> {
  const is = isRead ? '=' : '<>'
  await trx
    .deleteFrom('audit_log')
    .where('customer_id', '=', customerId)
    .where('operation_type', is, 'read')
    .where('id', '<=', (eb) =>
      eb
        .selectFrom('audit_log')
        .select('id')
        .where('customer_id', '=', customerId)
        .where('operation_type', is, 'read')
        .orderBy('id', 'desc')
        .offset(isRead ? MOST_ANONYMOUS_READS : MOST_ANONYMOUS_ROWS)
        .limit(1),
    )
    .execute()
}

/** Deleted at once; the rest waits for the next sweep. */
const MOST_AT_ONCE = 10_000

/** Removes the rows of accounts other than the owner's from before a moment. */
export async function pruneAudit(db: Kysely<Tables>, before: Date): Promise<void> {
  await db
    .deleteFrom('audit_log')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('audit_log')
        .select('id')
        .where('anonymous', '=', true)
        .where('created_at', '<=', before)
        .orderBy('created_at')
        .limit(MOST_AT_ONCE),
    )
    .execute()
}
