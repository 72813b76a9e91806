/** The routes of service keys. */
import type { NewPublishableKey, ROUTES, ServiceKey } from '@db9/types'
import { requireActive } from '../databases/store.ts'
import { raiseKeyVersion } from '../databases/versions.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { toPage } from '../http/pages.ts'
import type { PublishableKeyRow } from '../metadata/tables.ts'
import { parseKeyPolicy } from '../publishable-keys/policy.ts'
import { insertKey, newKey, parseExpiry } from '../publishable-keys/store.ts'
import { auditKey, type KeyDeps, listKeys, revokeKey } from '../publishable-keys/stored-keys.ts'

const KIND = 'serviceKey'

/** What it may do is decided by its role, which row level security does not bind. */
const UNBOUND = { exposed_functions: ['*'], require_rls: false } satisfies NewPublishableKey

const createServiceKey: Handler<typeof ROUTES.createServiceKey, KeyDeps> = async (deps, call) => {
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
    await auditKey(KIND, trx, call, row, 'create')
    return remember(trx, { status: 201, body: { ...toServiceKey(row), service_key: value } } as const)
  })
  await deps.outbox.send(database.id)
  return reply
}

const listServiceKeys: Handler<typeof ROUTES.listServiceKeys, KeyDeps> = async (
  { db },
  { database, query },
) => {
  const rows = await listKeys(KIND, db, database.id, query)
  return toPage(rows, query, toServiceKey)
}

const revokeServiceKey: Handler<typeof ROUTES.revokeServiceKey, KeyDeps> = async (deps, call) => {
  const { database, params } = call
  await revokeKey(KIND, deps, call, { databaseId: database.id, keyId: params.key_id })
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

export function serviceKeyHandlers(deps: KeyDeps) {
  return bind(deps, { createServiceKey, listServiceKeys, revokeServiceKey })
}
