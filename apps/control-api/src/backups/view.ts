/** Backups as the REST API shows them. */
import type { Backup } from '@db9/types'
import type { BackupRow } from '../metadata/tables.ts'
import { toText } from '../rfc3339.ts'

export function toBackup(row: BackupRow): Backup {
  const { facts } = row
  return {
    id: row.id,
    database_id: row.database_id,
    label: row.label,
    // The API has no state `deleted`: lists leave such rows out, and one that is read meanwhile counts as being deleted.
    state: row.state === 'deleted' ? 'deleting' : row.state,
    state_reason: row.state_reason,
    size_bytes: facts?.sizeBytes ?? null,
    checksum: facts?.checksum ?? null,
    lsn: facts?.lsn ?? null,
    engine_version: facts?.engineVersion ?? null,
    started_at: facts?.startedAt ?? null,
    completed_at: facts?.completedAt ?? null,
    expires_at: toText(row.expires_at),
    created_at: row.created_at.toISOString(),
  }
}
