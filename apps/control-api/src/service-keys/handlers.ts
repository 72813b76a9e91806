/** The routes of service keys. */
import type { NewPublishableKey, ROUTES, ServiceKey } from '@db9/types'
import type { Transaction } from 'kysely'
import { type AuditedAction, insertAudit } from '../audit/audit.ts'
import { requireActive } from '../databases/store.ts'
import { raiseKeyVersion } from '../databases/versions.ts'
import { bind } from '../http/bind.ts'
import type { CallOf, Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { PublishableKeyRow, Tables } from '../metadata/tables.ts'
import type { PublishableKeyDeps } from '../publishable-keys/handlers.ts'
import { parseKeyPolicy } from '../publishable-keys/policy.ts'
import { insertKey, isOfKind, lockKey, newKey, parseExpiry } from '../publishable-keys/store.ts'

const KIND = 'serviceKey'

/** What it may do is decided by its role, which row level security does not bind. */
const UNBOUND = { exposed_functions: ['*'], require_rls: false } satisfies NewPublishableKey

const createServiceKey: Handler<typeof ROUTES.createServiceKey, PublishableKeyDeps> = async (deps, call) => {
  const { database, body, request, remember } = call
  const { name = 'service-key', expires_in_days: days, ...limits } = body
  const policy = parseKeyPolicy({ ...limits, ...UNBOUND })
  const expires_at = days === undefined ? null : parseExpiry(days, request.now)
  requireActive(database)
  const key = { database_id: database.id, name, policy, limit_group: null, expires_at }
  const { row, value } = await newKey(KIND, deps.keyMac, key, request.now)

  const reply = await deps.db.transaction().execute(async (trx) => {
    const version = await raiseKeyVersion(trx, database.id)
    await insertKey(KIND, trx, { ...row, version }, request.now)
    await auditKey(trx, call, row, 'create')
    return remember(trx, { status: 201, body: { ...toServiceKey(row), service_key: value } } as const)
  })
  await deps.outbox.send(database.id)
  return reply
}

const listServiceKeys: Handler<typeof ROUTES.listServiceKeys, PublishableKeyDeps> = async (
  { db },
  { database, query },
) => {
  const rows = await db
    .selectFrom('publishable_keys')
    .selectAll()
    .where('database_id', '=', database.id)
    .where(isOfKind(KIND))
    .where('revoked_at', 'is', null)
    .where('id', '>', query.cursor ?? '')
    .orderBy('id')
    .limit(rowsOf(query))
    .execute()
  return toPage(rows, query, toServiceKey)
}

const revokeServiceKey: Handler<typeof ROUTES.revokeServiceKey, PublishableKeyDeps> = async (deps, call) => {
  const { database, params, request } = call
  await deps.db.transaction().execute(async (trx) => {
    const version = await raiseKeyVersion(trx, database.id)
    const row = await lockKey(KIND, trx, database.id, params.key_id)
    const revoked_at = new Date(request.now)
    await trx.updateTable('publishable_keys').set({ revoked_at, version }).where('id', '=', row.id).execute()
    await auditKey(trx, call, row, 'delete')
  })
  await deps.outbox.send(database.id)
  return { status: 200, body: { message: 'Service key revoked' } }
}

function toServiceKey({
  id,
  name,
  policy,
  expires_at,
  created_at,
}: Omit<PublishableKeyRow, 'version'>): ServiceKey {
  const { exposed_schemas, rate_limit, on_limiter_failure } = policy
  return {
    id,
    name,
    exposed_schemas,
    rate_limit,
    on_limiter_failure,
    expires_at: expires_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
  }
}

function auditKey(
  trx: Transaction<Tables>,
  { caller, request }: Pick<CallOf<typeof ROUTES.createServiceKey>, 'caller' | 'request'>,
  { id, name, database_id: databaseId }: Pick<PublishableKeyRow, 'id' | 'name' | 'database_id'>,
  operation: AuditedAction['operation'],
): Promise<void> {
  return insertAudit(trx, caller, request, { operation, resource: 'service_key', id, name, databaseId })
}

export function serviceKeyHandlers(deps: PublishableKeyDeps) {
  return bind(deps, { createServiceKey, listServiceKeys, revokeServiceKey })
}
