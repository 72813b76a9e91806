/** Routes of what is inside a database. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES, MAX_SQL_BODY_BYTES } from '../contract.ts'
import { finding } from '../schemas/advisors.ts'
import { message, page } from '../schemas/common.ts'
import { databaseSchema } from '../schemas/database-schema.ts'
import { databaseParams } from '../schemas/databases.ts'
import { dump, dumpRequest } from '../schemas/dump.ts'
import { generatedTypes, typesQuery } from '../schemas/generated-types.ts'
import * as migrations from '../schemas/migrations.ts'
import { observability } from '../schemas/observability.ts'
import * as users from '../schemas/users.ts'

const TAG = 'Contents'

export const getSchema = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/schema',
  operationId: 'getSchema',
  tag: TAG,
  summary: 'What a database defines: tables, views, functions, enums',
  description:
    'By schema and name. Left out is what Postgres, db9 and extensions bring: auth, db9, db9_migrations, extensions, pg_catalog. Wakes the database.',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'As it is now', schema: databaseSchema } },
})

export const getTypes = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/types',
  operationId: 'getTypes',
  tag: TAG,
  summary: 'What a database defines, as types for supabase-js or Python',
  description:
    'Tables, views, functions, enums and composite types, with the relationships that embeds go by. `createClient<Database>` of ' +
    'supabase-js then knows them. Wakes the database.',
  access: 'read',
  params: databaseParams,
  query: typesQuery,
  responses: { 200: { description: 'As it is now', schema: generatedTypes } },
})

export const listUsers = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/users',
  operationId: 'listUsers',
  tag: TAG,
  summary: 'The Postgres users and roles of a database',
  description: 'Without those of Postgres and of the service itself.',
  access: 'read',
  params: databaseParams,
  query: z.strictObject(page),
  responses: { 200: { description: 'By name', schema: z.array(users.user) } },
})

export const createUser = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/users',
  operationId: 'createUser',
  tag: TAG,
  summary: 'Create a Postgres user',
  description: 'It logs in as <database_id>.<username>. Without grants it may do what every role may.',
  access: 'manage',
  params: databaseParams,
  body: { schema: users.newUser, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The user; its password is shown once', schema: users.createdUser } },
})

export const deleteUser = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/users/{username}',
  operationId: 'deleteUser',
  tag: TAG,
  summary: 'Delete a Postgres user or role',
  description: "What it owns becomes admin's, what it was granted is revoked, and its sessions end.",
  access: 'manage',
  params: databaseParams.extend({ username: z.string() }),
  responses: { 200: { description: 'Deleted', schema: message } },
})

export const applyMigration = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/migrations',
  operationId: 'applyMigration',
  tag: TAG,
  summary: 'Apply a migration',
  description:
    'Once by its name: a second time is 409, with both checksums where the SQL differs. Runs as admin; migrations of a database wait for ' +
    'each other. What has been applied stands in the database itself, in db9_migrations.migrations, and so in its branches and backups. ' +
    'A statement waits 5 seconds for a lock unless the SQL sets lock_timeout, and all of it may take 10 minutes.',
  access: 'write',
  params: databaseParams,
  body: { schema: migrations.newMigration, required: true, maxBytes: MAX_SQL_BODY_BYTES },
  responses: { 201: { description: 'Applied', schema: migrations.appliedMigration } },
})

export const listMigrations = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/migrations',
  operationId: 'listMigrations',
  tag: TAG,
  summary: 'List the migrations that were applied',
  access: 'read',
  params: databaseParams,
  query: migrations.migrationsQuery,
  responses: {
    200: { description: 'In the order in which they were begun', schema: z.array(migrations.migration) },
  },
})

export const dumpDatabase = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/dump',
  operationId: 'dumpDatabase',
  tag: TAG,
  summary: 'A database as SQL, by pg_dump',
  description:
    "All that is the owner's, of one moment: definitions, rows, roles without their passwords. At most 32 MB; for more, use pg_dump " +
    'with the connection string.',
  access: 'read',
  params: databaseParams,
  body: { schema: dumpRequest, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The dump', schema: dump } },
  idempotent: false,
})

export const getObservability = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/observability',
  operationId: 'getObservability',
  tag: TAG,
  summary: 'What a database is at: rates, latency, connections, storage, slow statements',
  description:
    'Neither wakes the database nor keeps it awake. What is not measured is null, and unavailable says why. The first question in a ' +
    'minute takes a second, in which it counts.',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'As it is now', schema: observability } },
})

export const getAdvisors = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/advisors',
  operationId: 'getAdvisors',
  tag: TAG,
  summary: 'What could be wrong in a database, with the SQL that mends it',
  description: 'The gravest first, 1,000 at most. Changes nothing.',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'What was found', schema: z.array(finding) } },
})
