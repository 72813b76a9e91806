import * as z from 'zod'
import { label, timestamp } from './common.ts'

export const databaseState = z
  .enum(['CREATING', 'ACTIVE', 'CLONING', 'DISABLING', 'DISABLED', 'CREATE_FAILED'])
  .meta({ id: 'DatabaseState' })

export const newDatabase = z.strictObject({
  name: z.string().describe('Lower-case letters, digits, - and _, up to 63, unique in the account'),
  region: label.optional(),
  admin_password: z
    .string()
    .optional()
    .describe('8 to 128 printable ASCII characters; made where it is left out'),
  project_id: label.optional(),
})

export const database = z
  .object({
    id: z.string(),
    name: z.string(),
    region: z.string().nullable(),
    project_id: z.string().nullable(),
    state: databaseState,
    state_reason: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Database' })

export const databaseDetails = database
  .extend({
    admin_user: z.string(),
    connection_string: z.string().describe('Holds the password where the token has no scope'),
  })
  .meta({ id: 'DatabaseDetails' })

export const credentials = z
  .object({
    admin_user: z.string(),
    admin_password: z.string(),
    connection_string: z.string(),
  })
  .meta({ id: 'Credentials' })

export const createdDatabase = database.extend(credentials.shape).meta({ id: 'CreatedDatabase' })

/** The database of a path: its id, or its name among the account's live databases. */
export const databaseParams = z.object({ database_id: z.string().describe('Id or name of the database') })
