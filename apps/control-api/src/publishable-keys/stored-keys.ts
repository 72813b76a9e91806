/** What the routes of publishable keys and of service keys do alike. */
import type { AuditResource } from '@db9/types'
import type { HmacKey } from '@db9/types/crypto'
import type { Kysely, Transaction } from 'kysely'
import { type AuditedAction, type Auditor, insertAudit } from '../audit/audit.ts'
import { raiseKeyVersion } from '../databases/versions.ts'
import { type PageQuery, rowsOf } from '../http/pages.ts'
import type { InvalidationOutbox } from '../invalidation/outbox.ts'
import type { PublishableKeyRow, Tables } from '../metadata/tables.ts'
import { isOfKind, lockKey, type StoredKind } from './store.ts'

export interface KeyDeps {
  db: Kysely<Tables>
  /** Signs the values of keys. */
  keyMac: HmacKey
  outbox: Pick<InvalidationOutbox, 'send'>
}

const RESOURCE = {
  publishableKey: 'publishable_key',
  serviceKey: 'service_key',
} as const satisfies Record<StoredKind, AuditResource>

/** Live keys of a database, one page of them. */
export function listKeys(
  kind: StoredKind,
  db: Kysely<Tables>,
  databaseId: string,
  query: PageQuery,
): Promise<PublishableKeyRow[]> {
  return db
    .selectFrom('publishable_keys')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where(isOfKind(kind))
    .where('revoked_at', 'is', null)
    .where('id', '>', query.cursor ?? '')
    .orderBy('id')
    .limit(rowsOf(query))
    .execute()
}

/** Revokes a key, and tells the gateway. */
export async function revokeKey(
  kind: StoredKind,
  { db, outbox }: Pick<KeyDeps, 'db' | 'outbox'>,
  auditor: Auditor,
  { databaseId, keyId }: { databaseId: string; keyId: string },
): Promise<void> {
  const revoked_at = new Date(auditor.request.now)
  await db.transaction().execute(async (trx) => {
    const version = await raiseKeyVersion(trx, databaseId)
    const row = await lockKey(kind, trx, databaseId, keyId)
    await trx.updateTable('publishable_keys').set({ revoked_at, version }).where('id', '=', row.id).execute()
    await auditKey(kind, trx, auditor, row, 'delete')
  })
  await outbox.send(databaseId)
}

export function auditKey(
  kind: StoredKind,
  trx: Transaction<Tables>,
  { caller, request }: Auditor,
  { id, name, database_id: databaseId }: Pick<PublishableKeyRow, 'id' | 'name' | 'database_id'>,
  operation: AuditedAction['operation'],
): Promise<void> {
  return insertAudit(trx, caller, request, { operation, resource: RESOURCE[kind], id, name, databaseId })
}
