/** Schemas of the adoption of an anonymous account's databases. */
import * as z from 'zod'
import { databaseState } from './databases.ts'

const anonymousSecret = {
  anonymous_customer_id: z.string().max(128).describe('The anonymous_id of the account'),
  anonymous_secret: z.string().max(256),
}

export const adoptPreflight = z.strictObject(anonymousSecret)

export const adoptable = z
  .object({
    databases: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        state: databaseState,
        name_taken: z.boolean().describe('The account has a database of this name already'),
      }),
    ),
    quota_ok: z.boolean().describe('Whether all of them fit into the account'),
    current_count: z.number().int(),
    database_limit: z.number().int().nullable(),
  })
  .meta({ id: 'AdoptPreflight' })

export const adoption = z.strictObject({
  ...anonymousSecret,
  database_ids: z.array(z.string()).min(1).max(100),
  idempotency_key: z.string().describe('As the header Idempotency-Key'),
})

export const adopted = z
  .object({
    transferred: z.array(z.string()),
    skipped: z.array(z.object({ id: z.string(), reason: z.string() })),
    total_transferred: z.number().int(),
  })
  .meta({ id: 'Adopted' })
