/** Routes of what clients of the wire protocol log in with beside passwords. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import { message, page } from '../schemas/common.ts'
import { connectKey, createdConnectKey, newConnectKey } from '../schemas/connect-keys.ts'
import { connectToken, newConnectToken } from '../schemas/connect-tokens.ts'
import { databaseParams } from '../schemas/databases.ts'

const TAG = 'Connecting'

export const createConnectToken = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/connect-token',
  operationId: 'createConnectToken',
  tag: TAG,
  summary: 'Make a connect token',
  description:
    'A password for a Postgres role that is good for 15 minutes, and what else a client needs to connect.',
  access: 'manage',
  params: databaseParams,
  body: { schema: newConnectToken, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The token and where it is used', schema: connectToken } },
})

export const createConnectKey = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/connect-keys',
  operationId: 'createConnectKey',
  tag: TAG,
  summary: 'Create a connect key',
  description:
    'A password of its own for a Postgres role, for one program: it can be revoked alone, and lives on when the role gets a new password.',
  access: 'manage',
  params: databaseParams,
  body: { schema: newConnectKey, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The key; its value is shown once', schema: createdConnectKey } },
})

export const listConnectKeys = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/connect-keys',
  operationId: 'listConnectKeys',
  tag: TAG,
  summary: 'List the connect keys',
  access: 'read',
  params: databaseParams,
  query: z.object(page),
  responses: { 200: { description: 'Keys without their values, oldest first', schema: z.array(connectKey) } },
})

export const revokeConnectKey = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/connect-keys/{key_id}',
  operationId: 'revokeConnectKey',
  tag: TAG,
  summary: 'Revoke a connect key',
  description:
    'Its sessions end within a second. Where that could not be done, 503: the key is revoked all the same, and the service goes on trying.',
  access: 'manage',
  params: databaseParams.extend({ key_id: z.string() }),
  responses: { 200: { description: 'Revoked', schema: message } },
})
