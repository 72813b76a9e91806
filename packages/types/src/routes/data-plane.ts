/** Routes of publishable keys, service keys, auth-config and Data API settings. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import { authConfig, newAuthConfig, storedAuthConfig } from '../schemas/auth-config.ts'
import { message, page } from '../schemas/common.ts'
import { dataApiSettings, newDataApiSettings } from '../schemas/data-api.ts'
import { databaseParams } from '../schemas/databases.ts'
import {
  createdPublishableKey,
  keyRotation,
  newPublishableKey,
  publishableKey,
  publishableKeyChange,
} from '../schemas/publishable-keys.ts'
import { refusedQuery, refusedRequest } from '../schemas/refused-requests.ts'
import { createdServiceKey, newServiceKey, serviceKey } from '../schemas/service-keys.ts'

const TAG = 'Browser data plane'

export const createPublishableKey = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/publishable-keys',
  operationId: 'createPublishableKey',
  tag: TAG,
  summary: 'Create a publishable key',
  access: 'manage',
  params: databaseParams,
  body: { schema: newPublishableKey, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The key; its value is shown once', schema: createdPublishableKey } },
})

export const listPublishableKeys = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/publishable-keys',
  operationId: 'listPublishableKeys',
  tag: TAG,
  summary: 'List the publishable keys',
  access: 'read',
  params: databaseParams,
  query: z.object(page),
  responses: {
    200: { description: 'Keys without their values, oldest first', schema: z.array(publishableKey) },
  },
})

const keyParams = databaseParams.extend({ key_id: z.string() })

export const changePublishableKey = defineRoute({
  method: 'patch',
  path: '/customer/databases/{database_id}/publishable-keys/{key_id}',
  operationId: 'changePublishableKey',
  tag: TAG,
  summary: 'Change what a publishable key allows',
  description: 'The value stays. The change counts at the gateway within a second.',
  access: 'manage',
  params: keyParams,
  body: { schema: publishableKeyChange, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'As it is now', schema: publishableKey } },
})

export const rotatePublishableKey = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/publishable-keys/{key_id}/rotate',
  operationId: 'rotatePublishableKey',
  tag: TAG,
  summary: 'Replace a publishable key by a new one that allows the same',
  description: 'Both are good for the overlap, and share one rate limit.',
  access: 'manage',
  params: keyParams,
  body: { schema: keyRotation, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The new key; its value is shown once', schema: createdPublishableKey } },
})

export const revokePublishableKey = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/publishable-keys/{key_id}',
  operationId: 'revokePublishableKey',
  tag: TAG,
  summary: 'Revoke a publishable key',
  access: 'manage',
  params: keyParams,
  responses: { 200: { description: 'Revoked', schema: message } },
})

export const createServiceKey = defineRoute({
  method: 'post',
  path: '/customer/databases/{database_id}/service-keys',
  operationId: 'createServiceKey',
  tag: TAG,
  summary: 'Create a service key',
  description:
    'For servers alone: it acts as service_role, past row level security; beside the JWT of a user that user acts, as authenticated. Refused where a browser sends it.',
  access: 'manage',
  params: databaseParams,
  body: { schema: newServiceKey, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The key; its value is shown once', schema: createdServiceKey } },
})

export const listServiceKeys = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/service-keys',
  operationId: 'listServiceKeys',
  tag: TAG,
  summary: 'List the service keys',
  access: 'read',
  params: databaseParams,
  query: z.object(page),
  responses: { 200: { description: 'Keys without their values, oldest first', schema: z.array(serviceKey) } },
})

export const revokeServiceKey = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/service-keys/{key_id}',
  operationId: 'revokeServiceKey',
  tag: TAG,
  summary: 'Revoke a service key',
  access: 'manage',
  params: keyParams,
  responses: { 200: { description: 'Revoked', schema: message } },
})

export const getAuthConfig = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/auth-config',
  operationId: 'getAuthConfig',
  tag: TAG,
  summary: 'How signed-in users are recognised',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'byo_jwt is null before the first PUT', schema: authConfig } },
})

export const putAuthConfig = defineRoute({
  method: 'put',
  path: '/customer/databases/{database_id}/auth-config',
  operationId: 'putAuthConfig',
  tag: TAG,
  summary: 'Set how signed-in users are recognised',
  access: 'manage',
  params: databaseParams,
  body: { schema: newAuthConfig, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'As stored, with warnings', schema: storedAuthConfig } },
})

export const getDataApi = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/data-api',
  operationId: 'getDataApi',
  tag: TAG,
  summary: 'The settings of the data API',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'The settings', schema: dataApiSettings } },
})

export const putDataApi = defineRoute({
  method: 'put',
  path: '/customer/databases/{database_id}/data-api',
  operationId: 'putDataApi',
  tag: TAG,
  summary: 'Replace the settings of the data API',
  description: 'A field that is left out has its default.',
  access: 'manage',
  params: databaseParams,
  body: { schema: newDataApiSettings, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'As stored', schema: dataApiSettings } },
})

export const listRefusedRequests = defineRoute({
  method: 'get',
  path: '/customer/databases/{database_id}/requests',
  operationId: 'listRefusedRequests',
  tag: TAG,
  summary: 'The last requests to the data plane that were refused',
  description:
    'Of those that came with a key of the database: the newest first, 100 at most, a second or two after they were refused. ' +
    'They hold no values of the request.',
  access: 'read',
  params: databaseParams,
  query: refusedQuery,
  responses: { 200: { description: 'The newest first', schema: z.array(refusedRequest) } },
})
