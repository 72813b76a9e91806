/** Schemas of a database's settings. */
import * as z from 'zod'

export const newDatabaseSettings = z.strictObject({
  suspend_after_seconds: z
    .number()
    .int()
    .optional()
    .describe('Idle for this long it is put to sleep; -1: it is not, unless others need its place'),
  shared_buffers_mb: z.number().int().optional(),
  work_mem_mb: z.number().int().optional(),
  max_connections: z
    .number()
    .int()
    .optional()
    .describe(
      'Sessions that clients may hold; 16 of them are kept for the data API, so clients of the wire protocol get 16 fewer',
    ),
  disk_quota_bytes: z
    .number()
    .int()
    .nullable()
    .optional()
    .describe(
      'Of all that it takes on the disk but its past: data, write-ahead log, temporary files; null: no quota',
    ),
  archive_quota_bytes: z
    .number()
    .int()
    .nullable()
    .optional()
    .describe(
      'Of what is kept of its past; the oldest goes first. null: twice the disk quota, none where that is none',
    ),
})

export const databaseSettings = z
  .object({
    suspend_after_seconds: z.number().int(),
    shared_buffers_mb: z.number().int(),
    work_mem_mb: z.number().int(),
    max_connections: z.number().int(),
    disk_quota_bytes: z.number().int().nullable(),
    archive_quota_bytes: z.number().int().nullable(),
  })
  .meta({ id: 'DatabaseSettings' })
