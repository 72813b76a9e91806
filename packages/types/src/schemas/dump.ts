/** Schemas of dumps. */
import * as z from 'zod'

export const dumpRequest = z.strictObject({
  ddl_only: z.boolean().optional().describe('true: definitions without rows'),
})

export const dump = z
  .object({
    sql: z.string().describe('Restores into a new database, by psql or as file_content of POST …/sql'),
    object_count: z.number().int().describe('Of definitions in it'),
  })
  .meta({ id: 'Dump' })
