/** How databases are backed up. A backup is whole, its checksums verified, or absent. */
import type { WorkOptions } from './copies.ts'

export interface BackupFacts {
  /** In the store. */
  sizeBytes: number
  startedAt: Date
  completedAt: Date
  /** The backup holds every commit up to here. */
  lsn: string
  /** SHA-256 of the manifest, which holds those of all files: `sha256:<hex>`. */
  checksum: string
  engineVersion: string
}

export interface DatabaseBackups {
  backup(id: string, backupId: string, options?: WorkOptions): Promise<BackupFacts>
  /** Rejects with `corrupt` where what is stored is not what was written, with `not_found` where it is absent. */
  verifyBackup(backupId: string, options?: WorkOptions): Promise<void>
  deleteBackup(backupId: string): Promise<void>
}
