/** Schemas of backups and restores. */
import * as z from 'zod'
import { label, timestamp } from './common.ts'

export const newBackup = z.strictObject({ label: label.optional() })

export const backup = z
  .object({
    id: z.string(),
    database_id: z.string(),
    label: z.string().nullable(),
    state: z.enum(['creating', 'ready', 'failed', 'deleting']),
    state_reason: z.string().nullable(),
    size_bytes: z.number().int().nullable(),
    checksum: z.string().nullable().describe('SHA-256 over the manifest, which holds one for each file'),
    lsn: z.string().nullable().describe('The position in the write-ahead log up to which it reaches'),
    engine_version: z.string().nullable(),
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    expires_at: timestamp.nullable().describe('When it is removed; null while its database lives'),
    created_at: timestamp,
  })
  .meta({ id: 'Backup' })

export const newRestore = z.strictObject({
  backup_id: z.string(),
  target_name: z.string().describe('Name of the new database'),
  idempotency_key: z.string().optional().describe('As the header Idempotency-Key'),
})

export const restore = z
  .object({
    id: z.string(),
    backup_id: z.string(),
    target_database_id: z.string(),
    target_name: z.string(),
    status: z.enum(['running', 'completed', 'failed']),
    state_reason: z.string().nullable(),
    operation_id: z.string(),
    roles_without_password: z
      .array(z.string())
      .nullable()
      .describe('Login roles that need a new password in the restored database; null until it is completed'),
    created_at: timestamp,
    completed_at: timestamp.nullable(),
  })
  .meta({ id: 'Restore' })
