/** The routes of publishable keys. */
import type { ROUTES } from '@db9/types'
import { requireActive } from '../databases/store.ts'
import { raiseKeyVersion } from '../databases/versions.ts'
import { unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { toPage } from '../http/pages.ts'
import type { PublishableKeyRow } from '../metadata/tables.ts'
import { changeKeyPolicy, parseKeyPolicy } from './policy.ts'
import { insertKey, lockKey, newKey, parseExpiry, toPublishableKey } from './store.ts'
import { auditKey, type KeyDeps, listKeys, revokeKey } from './stored-keys.ts'

const KIND = 'publishableKey'
const DAY_SECONDS = 86_400
const LONGEST_OVERLAP_SECONDS = 30 * DAY_SECONDS

const createPublishableKey: Handler<typeof ROUTES.createPublishableKey, KeyDeps> = async (deps, call) => {
  const { database, body, request, remember } = call
  const policy = parseKeyPolicy(body)
  const expires_at =
    body.expires_in_days === undefined ? null : parseExpiry(body.expires_in_days, request.now)
  requireActive(database)
  const name = body.name ?? 'publishable-key'
  const key = { database_id: database.id, name, policy, limit_group: null, expires_at }
  const { row, value } = await newKey(KIND, deps.keyMac, key, request.now)

  const reply = await deps.db.transaction().execute(async (trx) => {
    const version = await raiseKeyVersion(trx, database.id)
    await insertKey(KIND, trx, { ...row, version }, request.now)
    await auditKey(KIND, trx, call, row, 'create')
    return remember(trx, { status: 201, body: { ...toPublishableKey(row), publishable_key: value } } as const)
  })
  await deps.outbox.send(database.id)
  return reply
}

const listPublishableKeys: Handler<typeof ROUTES.listPublishableKeys, KeyDeps> = async (
  { db },
  { database, query },
) => {
  const rows = await listKeys(KIND, db, database.id, query)
  return toPage(rows, query, toPublishableKey)
}

const changePublishableKey: Handler<typeof ROUTES.changePublishableKey, KeyDeps> = async (deps, call) => {
  const { database, body, params, request } = call
  const changed = await deps.db.transaction().execute(async (trx) => {
    const version = await raiseKeyVersion(trx, database.id)
    const row = await lockKey(KIND, trx, database.id, params.key_id)
    const { expires_in_days: days } = body
    const next: PublishableKeyRow = {
      ...row,
      name: body.name ?? row.name,
      policy: changeKeyPolicy(row.policy, body),
      expires_at: days === undefined ? row.expires_at : days === null ? null : parseExpiry(days, request.now),
    }
    await trx
      .updateTable('publishable_keys')
      .set({ name: next.name, policy: JSON.stringify(next.policy), expires_at: next.expires_at, version })
      .where('id', '=', row.id)
      .execute()
    await auditKey(KIND, trx, call, next, 'update')
    return next
  })
  await deps.outbox.send(database.id)
  return { status: 200, body: toPublishableKey(changed) }
}

/** The old key stays valid for the overlap, but never longer than before; both keys share one token bucket. */
const rotatePublishableKey: Handler<typeof ROUTES.rotatePublishableKey, KeyDeps> = async (deps, call) => {
  const { database, body, params, request, remember } = call
  const overlap = body.overlap_seconds ?? DAY_SECONDS
  if (!(overlap >= 0 && overlap <= LONGEST_OVERLAP_SECONDS))
    throw unprocessable('overlap_seconds', `must be from 0 to ${LONGEST_OVERLAP_SECONDS}`)
  requireActive(database)
  const end = new Date(request.now + overlap * 1000)

  const reply = await deps.db.transaction().execute(async (trx) => {
    const version = await raiseKeyVersion(trx, database.id)
    const old = await lockKey(KIND, trx, database.id, params.key_id)
    // The new key has the old one's name, policy and expiry, so it could not be used either.
    if (old.expires_at !== null && old.expires_at.getTime() <= request.now)
      throw unprocessable('key_id', 'the key has expired: make a new one instead')
    const { row, value } = await newKey(
      KIND,
      deps.keyMac,
      { ...old, limit_group: old.limit_group ?? old.id },
      request.now,
    )
    const endsEarlier = old.expires_at !== null && old.expires_at < end
    await trx
      .updateTable('publishable_keys')
      .set({
        version,
        ...(overlap === 0 ? { revoked_at: end } : { expires_at: endsEarlier ? old.expires_at : end }),
      })
      .where('id', '=', old.id)
      .execute()
    await insertKey(KIND, trx, { ...row, version }, request.now)
    await auditKey(KIND, trx, call, old, 'update')
    await auditKey(KIND, trx, call, row, 'create')
    return remember(trx, { status: 201, body: { ...toPublishableKey(row), publishable_key: value } } as const)
  })
  await deps.outbox.send(database.id)
  return reply
}

const revokePublishableKey: Handler<typeof ROUTES.revokePublishableKey, KeyDeps> = async (deps, call) => {
  const { database, params } = call
  await revokeKey(KIND, deps, call, { databaseId: database.id, keyId: params.key_id })
  return { status: 200, body: { message: 'Publishable key revoked' } }
}

export function publishableKeyHandlers(deps: KeyDeps) {
  return bind(deps, {
    createPublishableKey,
    listPublishableKeys,
    changePublishableKey,
    revokePublishableKey,
    rotatePublishableKey,
  })
}
