import { newId } from '@db9/types/ids'
import type { Transaction } from 'kysely'
import type { NewAuditRow, Tables } from './tables.ts'

/** What a request brings that is no input of its operation. */
export interface RequestInfo {
  id: string
  /** Of the client, as the gateway saw it. */
  address: string
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  now: number
  /** The claim that its Idempotency-Key holds, where it brought one. */
  idempotencyId: string | null
}

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

/** Records an action in the transaction that does it. */
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
  await trx.insertInto('audit_log').values(row).execute()
}
