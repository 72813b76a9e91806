/** Routes of functions and of their secrets. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import { noContent } from '../schemas/common.ts'
import { databaseParams } from '../schemas/databases.ts'
import * as secrets from '../schemas/secrets.ts'

const TAG = 'Functions'

export const listSecrets = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/secrets',
  operationId: 'listSecrets',
  tag: TAG,
  summary: 'List the secrets',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'Their names, without their values', schema: z.array(secrets.secret) } },
})

export const createSecret = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/secrets',
  operationId: 'createSecret',
  tag: TAG,
  summary: 'Create a secret',
  description: `For functions that bind it. A database has at most ${secrets.MAX_SECRETS}.`,
  access: 'write',
  params: databaseParams,
  body: { schema: secrets.newSecret, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'Created', schema: secrets.createdSecret } },
})

const secretParams = databaseParams.extend({ secret_name: z.string() })

export const changeSecret = defineRoute({
  method: 'put',
  path: '/customer/databases/{database_id}/secrets/{secret_name}',
  operationId: 'changeSecret',
  tag: TAG,
  summary: 'Change the value of a secret',
  description: 'Functions that bind it see the new value within a second.',
  access: 'write',
  params: secretParams,
  body: { schema: secrets.secretChange, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'Changed', schema: secrets.changedSecret } },
})

export const deleteSecret = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/secrets/{secret_name}',
  operationId: 'deleteSecret',
  tag: TAG,
  summary: 'Delete a secret',
  access: 'write',
  params: secretParams,
  responses: { 204: { description: 'Deleted', schema: noContent } },
})
