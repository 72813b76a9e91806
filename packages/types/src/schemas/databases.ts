/** Schemas of databases and branches. */
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

export const databaseChange = z.strictObject({
  name: z.string().optional().describe('As of a new database'),
  project_id: label.nullable().optional().describe('null: none'),
  protected: z
    .boolean()
    .optional()
    .describe(
      'true: tokens for some databases only read it, and it is not deleted until this is false again',
    ),
})

export const database = z
  .object({
    id: z.string(),
    name: z.string(),
    region: z.string().nullable(),
    project_id: z.string().nullable(),
    state: databaseState,
    state_reason: z.string().nullable(),
    parent_database_id: z.string().nullable().describe('What it was branched from'),
    snapshot_at: timestamp
      .nullable()
      .describe('The moment of the parent that it began at, where one was given'),
    protected: z.boolean().describe('Tokens for some databases only read it, and it is not deleted'),
    expires_at: timestamp.nullable().describe('When it is deleted by itself'),
    recoverable_until: timestamp.nullable().describe('Of a deleted one: until when it can be recovered'),
    created_at: timestamp,
  })
  .meta({ id: 'Database' })

export const databaseDetails = database
  .extend({
    admin_user: z.string(),
    connection_string: z.string().describe('Holds the password where the token has no scope'),
    earliest_restorable: timestamp
      .nullable()
      .describe('The first moment that can be branched; null where there is none yet'),
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

const moment = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-03-22T06:00:00Z' })

export const newBranch = z.strictObject({
  name: z.string().describe('As of a database'),
  snapshot_at: moment
    .optional()
    .describe('RFC 3339, to the microsecond; a moment of the past. Left out: now'),
  data: z
    .boolean()
    .optional()
    .describe(
      'false: the schema, and of the rows those that record migrations of db9 and of well-known tools',
    ),
  keep_data: z
    .array(z.string())
    .max(100)
    .optional()
    .describe(
      'With `data: false`: tables whose rows are kept, as `table` (of public) or `schema.table`, partitions included. What they refer to ' +
        'has to be kept too',
    ),
  expires_at: moment.optional().describe('RFC 3339; when the branch is deleted by itself'),
})

export const branch = createdDatabase
  .extend({
    operation_id: z
      .string()
      .describe('What makes the branch; where the state is CLONING, poll it or the database'),
    roles_without_password: z
      .array(z.string())
      .nullable()
      .describe('Login roles that need a new password in the branch; null while it is CLONING'),
  })
  .meta({ id: 'Branch' })

export const batch = z.strictObject({
  databases: z
    .array(z.strictObject(newDatabase.omit({ project_id: true }).shape))
    .min(1)
    .max(100),
  project_id: label.optional().describe('Of all of them'),
})

export const batchResult = z
  .object({
    created: z.array(createdDatabase).describe('In the order of the request'),
    failed: z.array(
      z.object({
        index: z.number().int().describe('Place in the request, from 0'),
        name: z.string(),
        error: z.object({ message: z.string(), code: z.string(), status: z.number().int() }),
      }),
    ),
    total_requested: z.number().int(),
    total_created: z.number().int(),
  })
  .meta({ id: 'BatchResult' })

export const deleted = z.object({
  message: z.string(),
  recoverable_until: timestamp
    .nullable()
    .describe(
      'Until when POST …/recover brings it back; sooner gone where the account has more deleted databases than it may keep, or the disk is full',
    ),
})

export const recovery = z.strictObject({
  name: z.string().optional().describe('A new name, where the old one is taken by now'),
})

export const extension = z
  .object({
    name: z.string(),
    version: z.string().nullable(),
    comment: z.string().nullable(),
    source: z
      .enum(['postgres', 'added', 'db9', 'stub'])
      .describe('added: by the operator (DB9_EXTENSIONS); stub: migrations find it, and it does nothing yet'),
  })
  .meta({ id: 'Extension' })
