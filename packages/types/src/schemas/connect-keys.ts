/** Schemas of connect keys. */
import * as z from 'zod'
import { label, timestamp } from './common.ts'

const scopes = z
  .array(z.enum(['db:connect']))
  .describe('db:connect, which is all that a key can do, and so what an empty list means')

export const newConnectKey = z.strictObject({
  name: label.optional(),
  role: z
    .string()
    .optional()
    .describe(
      'The Postgres role that it logs in as, by the user <database_id>.<role>; admin where it is left out; db9_reader only reads',
    ),
  scopes: scopes.max(1).optional(),
  expires_in_days: z.number().optional().describe('More than 0, at most 3650; never where it is left out'),
})

export const connectKey = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.string(),
    scopes,
    expires_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'ConnectKey' })

export const createdConnectKey = connectKey
  .extend({ connect_key: z.string().describe('Shown once. It is used in the place of the role’s password') })
  .meta({ id: 'CreatedConnectKey' })
