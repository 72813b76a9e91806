/** The audit log: who did what. */
import { newId } from '@db9/types/ids'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { NewAuditRow, Tables } from '../metadata/tables.ts'

export interface AuditedAction {
  operation:
    | 'create'
    | 'update'
    | 'delete'
    | 'read'
    | 'refresh'
    | 'branch'
    | 'restore'
    | 'recover'
    | 'reset_password'
    | 'adopt'
  resource:
    | 'customer'
    | 'token'
    | 'database'
    | 'backup'
    | 'credentials'
    | 'publishable_key'
    | 'auth_config'
    | 'data_api'
    | 'settings'
  id: string
  name?: string
  databaseId?: string
}

/** Rows that are kept of an anonymous account: the newest. */
export const MOST_ANONYMOUS_ROWS = 1_000

/** Records an action in the transaction that does it. Removes the oldest rows of an anonymous account that has too many. */
export async function insertAudit(
  trx: Transaction<Tables>,
  caller: { customerId: string; tokenId: string | null },
  request: { id: string | null; address: string | null; now: number },
  action: AuditedAction,
): Promise<void> {
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
    created_at: new Date(request.now),
  }
  const { anonymous } = await trx
    .insertInto('audit_log')
    .values({
      ...row,
      anonymous: sql`(select kind = 'anonymous' from customers where id = ${caller.customerId})`,
    })
    .returning('anonymous')
    .executeTakeFirstOrThrow()
  if (anonymous) await removeOldest(trx, caller.customerId)
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

async function removeOldest(trx: Transaction<Tables>, customerId: string): Promise<void> {
  await trx
    .deleteFrom('audit_log')
    .where('customer_id', '=', customerId)
    .where('id', '<=', (eb) =>
      eb
        .selectFrom('audit_log')
        .select('id')
        .where('customer_id', '=', customerId)
        .orderBy('id', 'desc')
        .offset(MOST_ANONYMOUS_ROWS)
        .limit(1),
    )
    .execute()
}

/** Deleted at once; the rest waits for the next sweep. */
const MOST_AT_ONCE = 10_000

/** Removes the rows of anonymous accounts from before a moment. */
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
