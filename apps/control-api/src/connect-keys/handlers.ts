/** The routes of connect keys. */
import type { ConnectKey, ROUTES } from '@db9/types'
import type { Transaction } from 'kysely'
import { type AuditedAction, type Auditor, insertAudit } from '../audit/audit.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import { parseLoginRole } from '../logins/roles.ts'
import type { ConnectKeyRow, Tables } from '../metadata/tables.ts'
import { parseExpiry } from '../publishable-keys/store.ts'
import { endRevokedKey, type RevokeDeps } from './revoke.ts'
import { insertConnectKey, markRevoked, newConnectKeyRow } from './store.ts'
import type { ConnectKeyValues } from './values.ts'

export type ConnectKeyDeps = RevokeDeps & { connectKeys: ConnectKeyValues }

const createConnectKey: Handler<typeof ROUTES.createConnectKey, ConnectKeyDeps> = async (deps, call) => {
  const { caller, database, body, request, remember } = call
  const { name = 'connect-key', scopes = [], expires_in_days: days } = body
  const role = parseLoginRole(body.role)
  const expires_at = days === undefined ? null : parseExpiry(days, request.now)
  requireActive(database)
  const key = { database_id: database.id, name, role, scopes, expires_at }
  const { row, value } = await newConnectKeyRow(deps.connectKeys, key, request.now)
  return deps.db.transaction().execute(async (trx) => {
    await lockOwnDatabase(trx, caller, database.id)
    await insertConnectKey(trx, row, request.now)
    await auditKey(trx, call, { ...row, databaseId: database.id }, 'create')
    return remember(trx, { status: 201, body: { ...toConnectKey(row), connect_key: value } } as const)
  })
}

const listConnectKeys: Handler<typeof ROUTES.listConnectKeys, ConnectKeyDeps> = async (
  { db },
  { database, query },
) => {
  const rows = await db
    .selectFrom('connect_keys')
    .selectAll()
    .where('database_id', '=', database.id)
    .where('revoked_at', 'is', null)
    .where('id', '>', query.cursor ?? '')
    .orderBy('id')
    .limit(rowsOf(query))
    .execute()
  return toPage(rows, query, toConnectKey)
}

const revokeConnectKey: Handler<typeof ROUTES.revokeConnectKey, ConnectKeyDeps> = async (deps, call) => {
  const { database, params, request } = call
  const key = { databaseId: database.id, keyId: params.key_id, now: request.now }
  const { id } = await deps.db.transaction().execute(async (trx) => {
    const row = await markRevoked(trx, key)
    await auditKey(trx, call, { ...row, databaseId: database.id }, 'delete')
    return row
  })
  await endRevokedKey(deps, { id, databaseId: database.id })
  return { status: 200, body: { message: 'Connect key revoked' } }
}

function auditKey(
  trx: Transaction<Tables>,
  { caller, request }: Auditor,
  { id, name, databaseId }: { id: string; name: string; databaseId: string },
  operation: AuditedAction['operation'],
): Promise<void> {
  return insertAudit(trx, caller, request, { operation, resource: 'connect_key', id, name, databaseId })
}

function toConnectKey({ id, name, role, scopes, expires_at, created_at }: ConnectKeyRow): ConnectKey {
  return {
    ...{ id, name, role, scopes },
    expires_at: expires_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
  }
}

export function connectKeyHandlers(deps: ConnectKeyDeps) {
  return bind(deps, { createConnectKey, listConnectKeys, revokeConnectKey })
}
