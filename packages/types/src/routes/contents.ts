/** Routes of what is inside a database. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import { message, page } from '../schemas/common.ts'
import { databaseSchema } from '../schemas/database-schema.ts'
import { databaseParams } from '../schemas/databases.ts'
import * as users from '../schemas/users.ts'

const TAG = 'Contents'

export const getSchema = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/schema',
  operationId: 'getSchema',
  tag: TAG,
  summary: 'What a database defines: tables, views, functions, enums',
  description:
    'By schema and name. Left out is what Postgres, db9 and extensions bring: auth, db9, extensions, pg_catalog. Wakes the database.',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'As it is now', schema: databaseSchema } },
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
