/** Routes of databases, branches, settings and SQL. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES, MAX_SQL_BODY_BYTES } from '../contract.ts'
import { label, page } from '../schemas/common.ts'
import * as databases from '../schemas/databases.ts'
import * as settings from '../schemas/settings.ts'
import * as sql from '../schemas/sql.ts'

export const createDatabase = defineRoute({
  method: 'post',
  path: '/customer/databases',
  operationId: 'createDatabase',
  tag: 'Databases',
  summary: 'Create a database',
  description: 'The connection string works as soon as it is answered.',
  access: 'account',
  body: { schema: databases.newDatabase, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The database and its credentials', schema: databases.createdDatabase } },
})

export const listDatabases = defineRoute({
  method: 'get',
  path: '/customer/databases',
  operationId: 'listDatabases',
  tag: 'Databases',
  summary: 'List the databases',
  access: 'any',
  query: z.strictObject({
    all: z.enum(['true', 'false']).optional().describe('true: disabled and failed ones too'),
    deleted: z.enum(['true', 'false']).optional().describe('true: only deleted ones that can be recovered'),
    project_id: label.optional(),
    ...page,
  }),
  responses: { 200: { description: 'Oldest first', schema: z.array(databases.database) } },
})

export const listExtensions = defineRoute({
  method: 'get',
  path: '/customer/extensions',
  operationId: 'listExtensions',
  tag: 'Databases',
  summary: 'What CREATE EXTENSION can create in a database',
  access: 'any',
  responses: { 200: { description: 'By name', schema: z.array(databases.extension) } },
})

export const getDatabase = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}',
  operationId: 'getDatabase',
  tag: 'Databases',
  summary: 'A database by id or name',
  access: 'read',
  params: databases.databaseParams,
  responses: { 200: { description: 'The database', schema: databases.databaseDetails } },
})

export const changeDatabase = defineRoute({
  method: 'patch',
  path: '/customer/databases/{database_id}',
  operationId: 'changeDatabase',
  tag: 'Databases',
  summary: 'Rename a database, put it into a project, or protect it',
  description: 'Its id, connection strings, keys and data stay as they are.',
  access: 'manage',
  params: databases.databaseParams,
  body: { schema: databases.databaseChange, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'As it is now', schema: databases.database } },
})

export const deleteDatabase = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}',
  operationId: 'deleteDatabase',
  tag: 'Databases',
  summary: 'Delete a database',
  access: 'manage',
  params: databases.databaseParams,
  description:
    'Its name is free at once. The data is kept for a grace period and can be recovered until then; with `purge=true` it is removed ' +
    'at once, of a database too that was deleted before (by its id). Backups stay as long as they would.',
  query: z.strictObject({
    purge: z.enum(['true', 'false']).optional().describe('true: remove the data now, for good'),
  }),
  responses: { 200: { description: 'Disabled; its name is free again', schema: databases.deleted } },
})

export const recoverDatabase = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/recover',
  operationId: 'recoverDatabase',
  tag: 'Databases',
  summary: 'Bring a deleted database back',
  description: 'By its id, within its grace period. Takes another name where the old one is taken by now.',
  access: 'manage',
  params: databases.databaseParams,
  body: { schema: databases.recovery, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The database, as it was', schema: databases.createdDatabase } },
})

export const createDatabases = defineRoute({
  method: 'post',
  path: '/customer/databases/batch',
  operationId: 'createDatabases',
  tag: 'Databases',
  summary: 'Create up to 100 databases',
  description: 'Each by itself: some may succeed where others fail.',
  access: 'account',
  body: { schema: databases.batch, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'What was created and what was not', schema: databases.batchResult } },
})

export const branchDatabase = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/branch',
  operationId: 'branchDatabase',
  tag: 'Branches',
  summary: 'Branch a database, now or at a moment of its past',
  description:
    'A copy of its own, with credentials of its own, that outlives the database it came from. Answers ACTIVE where it is ' +
    'made within ten seconds, else CLONING: GET the database until it is ACTIVE or CREATE_FAILED.',
  access: 'manage',
  params: databases.databaseParams,
  body: { schema: databases.newBranch, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The branch and its credentials', schema: databases.branch } },
})

export const resetPassword = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/reset-password',
  operationId: 'resetPassword',
  tag: 'Databases',
  summary: 'A new password for admin',
  description: 'Ends the sessions that logged in with the old one.',
  access: 'manage',
  params: databases.databaseParams,
  body: { schema: z.strictObject({}), required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The new credentials', schema: databases.credentials } },
})

export const getCredentials = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/credentials',
  operationId: 'getCredentials',
  tag: 'Databases',
  summary: "The stored credentials of a database's admin",
  access: 'manage',
  params: databases.databaseParams,
  responses: { 200: { description: 'The credentials', schema: databases.credentials } },
})

export const getSettings = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/settings',
  operationId: 'getSettings',
  tag: 'Databases',
  summary: 'What a database may use, and when it sleeps',
  access: 'read',
  params: databases.databaseParams,
  responses: { 200: { description: 'The settings', schema: settings.databaseSettings } },
})

export const putSettings = defineRoute({
  method: 'put',
  path: '/customer/databases/{database_id}/settings',
  operationId: 'putSettings',
  tag: 'Databases',
  summary: 'Set what a database may use, and when it sleeps',
  description:
    'What is left out has its default. Memory and connections count from the next start of its server. For the owner of ' +
    'the installation.',
  access: 'manage',
  params: databases.databaseParams,
  body: { schema: settings.newDatabaseSettings, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The settings', schema: settings.databaseSettings } },
})

export const runSql = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/sql',
  operationId: 'runSql',
  tag: 'Databases',
  summary: 'Run SQL as admin',
  description:
    'query or file_content. Without params the text may hold several statements, which run as one transaction unless ' +
    'they say otherwise. A read-only token runs one statement in a read-only transaction. 60 seconds at most.',
  access: 'read',
  params: databases.databaseParams,
  body: { schema: sql.sqlRequest, required: true, maxBytes: MAX_SQL_BODY_BYTES },
  responses: { 200: { description: 'The result of the last statement', schema: sql.sqlReply } },
  idempotent: false,
})
