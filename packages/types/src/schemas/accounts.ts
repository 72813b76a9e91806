/** Schemas of accounts and tokens. */
import * as z from 'zod'
import { label, timestamp } from './common.ts'

export const customer = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    created_at: timestamp,
    status: z.string(),
    is_anonymous: z.boolean(),
    database_limit: z.number().int().nullable().describe('Live databases at most; null: no limit'),
  })
  .meta({ id: 'Customer' })

export const anonymousAccount = z
  .object({
    anonymous_id: z.string(),
    anonymous_secret: z.string().describe('Shown once; renews the token'),
    token: z.string(),
    expires_at: timestamp,
    is_anonymous: z.literal(true),
  })
  .meta({ id: 'AnonymousAccount' })

export const anonymousRefresh = z.strictObject({
  anonymous_id: z.string().max(128),
  anonymous_secret: z.string().max(256),
})

export const refreshedToken = z.object({ token: z.string(), expires_at: timestamp })

export const newToken = z.strictObject({
  name: label.optional(),
  expires_in_days: z.number().int().optional().describe('From 1 to 3650; 365 where it is left out'),
  scope_json: z
    .string()
    .max(64 * 1024)
    .optional()
    .describe('A JSON string: {"databases":[{"id":"<id>","access":"ro"}]}, access ro or rw'),
})

export const token = z
  .object({
    id: z.string(),
    name: z.string(),
    scope_json: z.string().nullable(),
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().describe('To the minute'),
    created_at: timestamp,
  })
  .meta({ id: 'Token' })

export const createdToken = token
  .omit({ last_used_at: true })
  .extend({ token: z.string().describe('128 hex characters, shown once') })
  .meta({ id: 'CreatedToken' })
