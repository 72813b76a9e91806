/** The route that shows the audit log. */
import type { AuditEntry, ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { AuditRow, Tables } from '../metadata/tables.ts'

export interface AuditDeps {
  db: Kysely<Tables>
}

const listAuditLogs: Handler<typeof ROUTES.listAuditLogs, AuditDeps> = async ({ db }, { caller, query }) => {
  const databaseIds = [query.database_id, query.tenant_id].filter((id) => id !== undefined)
  let rows = db.selectFrom('audit_log').selectAll().where('customer_id', '=', caller.customerId)
  for (const id of databaseIds) rows = rows.where('database_id', '=', id)
  if (query.operation_type) rows = rows.where('operation_type', '=', query.operation_type)
  if (query.resource_type) rows = rows.where('resource_type', '=', query.resource_type)
  if (query.success) rows = rows.where('success', '=', query.success === 'true')
  if (query.cursor !== undefined) rows = rows.where('id', '<', query.cursor)
  // A cursor goes on from where the page before ended, its offset included.
  const offset = query.cursor === undefined ? (query.offset ?? 0) : 0
  const found = await rows.orderBy('id', 'desc').offset(offset).limit(rowsOf(query)).execute()
  return toPage(found, query, toEntry)
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    timestamp: row.created_at.toISOString(),
    // Written by `insertAudit` alone, from the same lists.
    operation_type: row.operation_type as AuditEntry['operation_type'],
    resource_type: row.resource_type as AuditEntry['resource_type'],
    resource_id: row.resource_id,
    resource_name: row.resource_name,
    database_id: row.database_id,
    tenant_id: row.database_id,
    operator: row.token_id,
    address: row.address,
    request_id: row.request_id,
    success: row.success,
    error_message: row.error_message,
  }
}

export function auditHandlers(deps: AuditDeps) {
  return bind(deps, { listAuditLogs })
}
