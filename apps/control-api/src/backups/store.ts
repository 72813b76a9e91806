/** The rows of backups. */
import type { Kysely, Transaction } from 'kysely'
import { lockAccount } from '../accounts/store.ts'
import type { Caller } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { BackupRow, JobRow, Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { requireBackupUnused } from '../operations/conflicts.ts'

/** Throws 404 where the database has no such backup. */
export async function findBackup(db: Kysely<Tables>, databaseId: string, id: string): Promise<BackupRow> {
  const row = await db
    .selectFrom('backups')
    .selectAll()
    .where('id', '=', id)
    .where('database_id', '=', databaseId)
    .where('state', '<>', 'deleted')
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'backup not found')
  return row
}

/** Begins to remove a backup; null where that has begun already. 409 while it is being made or restored. */
export async function insertDeleteBackup(
  trx: Transaction<Tables>,
  jobs: Jobs,
  { backup, now }: { backup: BackupRow; now: number },
): Promise<JobRow | null> {
  const { state } = await lockBackup(trx, backup.id)
  if (state === 'deleting' || state === 'deleted') return null
  await requireBackupUnused(trx, backup.id)
  await trx
    .updateTable('backups')
    .set({ state: 'deleting', updated_at: new Date(now) })
    .where('id', '=', backup.id)
    .execute()
  return beginJob(trx, jobs, {
    kind: 'delete_backup',
    customerId: backup.customer_id,
    databaseId: null,
    backupId: backup.id,
    now,
  })
}

/** The row as it is now, which no other transaction changes until this one ends. */
export function lockBackup(trx: Transaction<Tables>, id: string): Promise<BackupRow> {
  return trx.selectFrom('backups').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

/** 403 where the account has as many backups as it may. Locks the account's row. */
export async function requireBackupRoom(trx: Transaction<Tables>, { customerId }: Caller): Promise<void> {
  const { backup_limit: limit } = await lockAccount(trx, customerId)
  if (limit === null) return
  const { kept } = await trx
    .selectFrom('backups')
    .select((eb) => eb.fn.countAll<string>().as('kept'))
    .where('customer_id', '=', customerId)
    .where('state', 'in', ['creating', 'ready'])
    .executeTakeFirstOrThrow()
  if (Number(kept) >= limit) throw new ApiError('quota_exceeded', `account limit (${limit} backups)`)
}
