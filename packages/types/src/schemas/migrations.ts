/** Schemas of migrations. */
import * as z from 'zod'
import { label, page, timestamp } from './common.ts'

export const newMigration = z.strictObject({
  name: label.describe('Once in the database'),
  sql: z
    .string()
    .describe(
      'Runs as one transaction. With -- db9:no-transaction among the comments that begin it, its statements run one by one.',
    ),
  checksum: z.string().optional().describe('SHA-256 of sql in UTF-8: sha256:<hex>, or the digits alone'),
})

export const appliedMigration = z.object({ status: z.literal('applied'), name: z.string() })

export const migration = z
  .object({
    name: z.string(),
    checksum: z.string().describe('sha256:<hex>'),
    applied_at: timestamp,
    sql_preview: z.string().describe('The first 200 characters, without passwords'),
    state: z
      .enum(['applied', 'applying', 'failed'])
      .describe('failed: of one that did not run as one transaction; it may be applied again'),
  })
  .meta({ id: 'Migration' })

export const migrationsQuery = z.strictObject({
  all: z.enum(['true', 'false']).optional().describe('true: those that failed, too'),
  ...page,
})
