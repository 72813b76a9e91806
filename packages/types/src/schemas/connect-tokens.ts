/** Schemas of connect tokens. */
import * as z from 'zod'
import { timestamp } from './common.ts'

export const newConnectToken = z.strictObject({
  role: z
    .string()
    .optional()
    .describe('The Postgres role to log in as; admin where it is left out; db9_reader only reads'),
})

export const connectToken = z
  .object({
    host: z.string(),
    port: z.number().int(),
    database: z.string(),
    user: z.string().describe('<database_id>.<role>'),
    token: z
      .string()
      .describe(
        'Used in the place of the role’s password. A JWT (RS256) of /.well-known/db9-connect-jwks.json',
      ),
    fs_websocket_url: z.string().nullable().describe('null: databases have no files yet'),
    expires_in_seconds: z.number().int(),
    expires_at: timestamp.describe('Sessions that it has opened go on'),
    tls: z.enum(['not_enforced', 'required']),
  })
  .meta({ id: 'ConnectToken' })
