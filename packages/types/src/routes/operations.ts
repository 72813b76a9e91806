/** Routes of operations and of the installation. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import { page } from '../schemas/common.ts'
import { databaseParams } from '../schemas/databases.ts'
import { operation, selfCheck, serverFacts } from '../schemas/operations.ts'

export const getOperation = defineRoute({
  method: 'get',
  path: '/customer/operations/{operation_id}',
  operationId: 'getOperation',
  tag: 'Operations',
  summary: 'What a long operation is at, and how it ended',
  access: 'account',
  params: z.object({ operation_id: z.string() }),
  responses: { 200: { description: 'The operation', schema: operation } },
})

export const cancelOperation = defineRoute({
  method: 'post',
  path: '/customer/operations/{operation_id}/cancel',
  operationId: 'cancelOperation',
  tag: 'Operations',
  summary: 'Cancel an operation and take back what it did',
  description:
    'A create, branch, restore, recovery or backup. A copy leaves nothing behind, and its name is free again. Others are 409, and so ' +
    'is one that has ended.',
  access: 'account',
  params: z.object({ operation_id: z.string() }),
  body: { schema: z.strictObject({}), required: false, maxBytes: MAX_BODY_BYTES },
  responses: {
    200: { description: 'It has ended: failed', schema: operation },
    202: { description: 'It is being taken back', schema: operation },
  },
})

export const listOperations = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/operations',
  operationId: 'listOperations',
  tag: 'Operations',
  summary: 'The operations of a database',
  access: 'read',
  params: databaseParams,
  query: z.object(page),
  responses: {
    200: {
      description: 'Newest first, 100 of them unless `limit` says otherwise',
      schema: z.array(operation),
    },
  },
})

export const checkInstallation = defineRoute({
  method: 'get',
  path: '/customer/self-check',
  operationId: 'checkInstallation',
  tag: 'Operations',
  summary: 'Whether folders, processes, archives and backups are what the metadata says',
  description: 'For the owner of the installation. Wakes and changes nothing.',
  access: 'owner',
  responses: { 200: { description: 'What differs', schema: selfCheck } },
})

export const getServer = defineRoute({
  method: 'get',
  path: '/customer/server',
  operationId: 'getServer',
  tag: 'Operations',
  summary: 'Which Postgres runs the databases, its published flaws, and how databases are kept apart',
  description:
    "For the owner of the installation. /healthz tells the same to whoever sends the owner's token.",
  access: 'owner',
  responses: { 200: { description: 'The facts', schema: serverFacts } },
})
