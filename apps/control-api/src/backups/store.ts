import type { Transaction } from 'kysely'
import { insertOperation, requireBackupUnused } from '../jobs/store.ts'
import type { BackupRow, OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

/** Begins to remove a backup; null where that has begun already. 409 while it is being made or restored. */
export async function insertDeleteBackup(
  trx: Transaction<Tables>,
  services: Services,
  { backup, now }: { backup: BackupRow; now: number },
): Promise<OperationRow | null> {
  const { state } = await lockBackup(trx, backup.id)
  if (state === 'deleting' || state === 'deleted') return null
  await requireBackupUnused(trx, backup.id)
  await trx
    .updateTable('backups')
    .set({ state: 'deleting', updated_at: new Date(now) })
    .where('id', '=', backup.id)
    .execute()
  return insertOperation(trx, services, {
    kind: 'delete_backup',
    customerId: backup.customer_id,
    databaseId: null,
    backupId: backup.id,
    now,
  })
}

/** The row as it is now, which nobody else changes until the transaction ends. */
export function lockBackup(trx: Transaction<Tables>, id: string): Promise<BackupRow> {
  return trx.selectFrom('backups').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}
