/** Writes the row of a database that is to be made. */
import type { DatabaseEngine, DatabaseSettings } from '@db9/engine'
import type { Transaction } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import type { Caller } from '../auth/caller.ts'
import type { Encryption } from '../encryption.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { sealAdminPassword } from './admin-password.ts'
import { requireFreeName, requireRoom, requireVolume } from './quota.ts'

export interface NewRowDeps {
  encryption: Encryption
  engine: Pick<DatabaseEngine, 'volume' | 'defaultSettings'>
  /** The disk quota of databases that anonymous accounts make; null: that of all databases. */
  anonymousDiskQuotaBytes: number | null
}

export interface NewDatabase {
  id: string
  name: string
  region: string | null
  projectId: string | null
  adminPassword: string
  /** What it is made from; null: the template. */
  origin: {
    how: 'branch' | 'restore'
    /** Its auth config and data-api settings are copied; its keys and secrets are not. */
    source: DatabaseRow
    snapshotAt?: string | null
    expiresAt?: Date | null
  } | null
}

/** Writes the row of a database that is to be made, within the account's limit and under a name that is free. */
export async function insertDatabase(
  trx: Transaction<Tables>,
  deps: NewRowDeps,
  { caller, request }: { caller: Caller; request: RequestInfo },
  { id, name, region, projectId, adminPassword, origin }: NewDatabase,
): Promise<DatabaseRow> {
  await requireVolume(deps.engine)
  await requireRoom(trx, caller)
  await requireFreeName(trx, caller, name)
  const now = new Date(request.now)
  const source = origin?.source
  const settings = settingsFor(deps, caller)
  const row = await trx
    .insertInto('databases')
    .values({
      id,
      customer_id: caller.customerId,
      name,
      region,
      project_id: projectId,
      state: origin ? 'CLONING' : 'CREATING',
      admin_password: sealAdminPassword(deps.encryption, id, adminPassword),
      settings: settings && JSON.stringify(settings),
      data_api: source?.data_api ? JSON.stringify(source.data_api) : null,
      parent_database_id: origin?.how === 'branch' ? origin.source.id : null,
      snapshot_at: origin?.snapshotAt ?? null,
      expires_at: origin?.expiresAt ?? null,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  if (source) await copyAuthConfig(trx, source.id, id)
  const operation = origin?.how ?? 'create'
  await auditDatabase(trx, { caller, request }, operation, { id, name })
  return row
}

/** What a new database of this account may use; null: the defaults of the installation. */
function settingsFor(
  { engine, anonymousDiskQuotaBytes: most }: NewRowDeps,
  { isOwner }: Caller,
): DatabaseSettings | null {
  if (isOwner || most === null) return null
  const { defaultSettings } = engine
  return { ...defaultSettings, diskQuotaBytes: Math.min(most, defaultSettings.diskQuotaBytes ?? most) }
}

async function copyAuthConfig(trx: Transaction<Tables>, from: string, to: string): Promise<void> {
  await trx
    .insertInto('auth_configs')
    .columns(['database_id', 'auth_mode', 'byo_jwt', 'sync_users', 'created_at', 'updated_at'])
    .expression((eb) =>
      eb
        .selectFrom('auth_configs')
        .select((select) => [
          select.val(to).as('database_id'),
          'auth_mode',
          'byo_jwt',
          'sync_users',
          'created_at',
          'updated_at',
        ])
        .where('database_id', '=', from),
    )
    .execute()
}
