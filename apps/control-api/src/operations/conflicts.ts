/** Refusals while a job uses a database or a backup. */
import type { Transaction } from 'kysely'
import { lockDatabase } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { findRunningJob, type JobSubject } from '../jobs/store.ts'
import type { Tables } from '../metadata/tables.ts'

/** 409 with the job that changes the database. Locks the database's row, so that no job begins meanwhile. */
export async function requireNotChanging(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  await lockDatabase(trx, databaseId)
  await requireNone(trx, 'database_id', databaseId)
}

/** 409 with the job that reads the database: a branch or a backup that is being made of it. */
export function requireUnread(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  return requireNone(trx, 'source_id', databaseId)
}

/** 409 with the job that makes, reads or removes the backup. */
export function requireBackupUnused(trx: Transaction<Tables>, backupId: string): Promise<void> {
  return requireNone(trx, 'backup_id', backupId)
}

async function requireNone(trx: Transaction<Tables>, subject: JobSubject, id: string): Promise<void> {
  const running = await findRunningJob(trx, subject, id)
  if (!running) return
  const what = subject === 'backup_id' ? 'backup' : 'database'
  const message = `the ${what} is busy: ${running.kind.replace('_', ' ')} is running; try again when it has ended`
  throw new ApiError('operation_in_progress', message, {
    fields: { operation_id: running.id },
    retryAfter: 1,
  })
}
