/** Routes of backups and restores. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import * as backups from '../schemas/backups.ts'
import { message, page } from '../schemas/common.ts'
import { databaseParams } from '../schemas/databases.ts'

const backupParams = z.object({ ...databaseParams.shape, backup_id: z.string() })

export const createBackup = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/backups',
  operationId: 'createBackup',
  tag: 'Backups',
  summary: 'Back a database up',
  description: 'Answers at once with the state creating; GET the backup until it is ready or failed.',
  access: 'manage',
  params: databaseParams,
  body: { schema: backups.newBackup, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The backup that is being made', schema: backups.backup } },
})

export const listBackups = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/backups',
  operationId: 'listBackups',
  tag: 'Backups',
  summary: 'List the backups of a database, a deleted one too',
  access: 'read',
  params: databaseParams,
  query: z.object(page),
  responses: { 200: { description: 'Oldest first', schema: z.array(backups.backup) } },
})

export const getBackup = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/backups/{backup_id}',
  operationId: 'getBackup',
  tag: 'Backups',
  summary: 'A backup',
  access: 'read',
  params: backupParams,
  responses: { 200: { description: 'The backup', schema: backups.backup } },
})

export const deleteBackup = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/backups/{backup_id}',
  operationId: 'deleteBackup',
  tag: 'Backups',
  summary: 'Delete a backup',
  access: 'manage',
  params: backupParams,
  responses: { 200: { description: 'Deleted', schema: message } },
})

export const createRestore = defineRoute({
  method: 'post',
  path: '/customer/restores',
  operationId: 'createRestore',
  tag: 'Backups',
  summary: 'Restore a backup into a new database',
  description: 'Answers at once; GET the restore until it is completed or failed.',
  access: 'account',
  body: { schema: backups.newRestore, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The restore that is under way', schema: backups.restore } },
})

export const getRestore = defineRoute({
  method: 'get',
  path: '/customer/restores/{restore_id}',
  operationId: 'getRestore',
  tag: 'Backups',
  summary: 'The status of a restore',
  access: 'account',
  params: z.object({ restore_id: z.string() }),
  responses: { 200: { description: 'The restore', schema: backups.restore } },
})
