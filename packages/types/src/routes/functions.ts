/** Routes of functions and of their secrets. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES, MAX_SQL_BODY_BYTES } from '../contract.ts'
import { FUNCTION_LIMITS } from '../function-limits.ts'
import { message, noContent } from '../schemas/common.ts'
import { databaseParams } from '../schemas/databases.ts'
import * as functions from '../schemas/functions.ts'
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
  access: 'manage',
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
  access: 'manage',
  params: secretParams,
  body: { schema: secrets.secretChange, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'Changed', schema: secrets.changedSecret } },
})

const DATABASE = '/customer/databases/{database_id}'
const functionParams = databaseParams.extend({
  function_id: z.string().describe('Id or name of the function'),
})
const runParams = functionParams.extend({ run_id: z.string() })
const versionParams = functionParams.extend({ version_id: z.string() })

export const deployFunction = defineRoute({
  method: 'post',
  path: `${DATABASE}/functions`,
  operationId: 'deployFunction',
  tag: TAG,
  summary: 'Deploy a function',
  description:
    'The code is loaded once before anything is stored; code that does not load is 422 with what the runtime says.',
  access: 'manage',
  params: databaseParams,
  body: { schema: functions.newFunction, required: true, maxBytes: MAX_SQL_BODY_BYTES },
  responses: {
    201: { description: 'The function and its first version', schema: functions.deployedFunction },
  },
})

export const listFunctions = defineRoute({
  method: 'get',
  path: `${DATABASE}/functions`,
  operationId: 'listFunctions',
  tag: TAG,
  summary: 'List the functions',
  access: 'read',
  params: databaseParams,
  responses: { 200: { description: 'By name', schema: z.array(functions.functionInfo) } },
})

export const getFunction = defineRoute({
  method: 'get',
  path: `${DATABASE}/functions/{function_id}`,
  operationId: 'getFunction',
  tag: TAG,
  summary: 'A function and its active version',
  access: 'read',
  params: functionParams,
  responses: { 200: { description: 'As it is now', schema: functions.deployedFunction } },
})

export const updateFunction = defineRoute({
  method: 'put',
  path: `${DATABASE}/functions/{function_id}`,
  operationId: 'updateFunction',
  tag: TAG,
  summary: 'Deploy a new version of a function',
  description: 'It becomes the active one. What is left out has its default, save visibility, which stays.',
  access: 'manage',
  params: functionParams,
  body: { schema: functions.newVersion, required: true, maxBytes: MAX_SQL_BODY_BYTES },
  responses: { 200: { description: 'The function and its new version', schema: functions.deployedFunction } },
})

export const changeFunction = defineRoute({
  method: 'patch',
  path: `${DATABASE}/functions/{function_id}`,
  operationId: 'changeFunction',
  tag: TAG,
  summary: 'Enable, disable, publish or hide a function',
  access: 'manage',
  params: functionParams,
  body: { schema: functions.functionChange, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'As it is now', schema: functions.functionInfo } },
})

export const listFunctionVersions = defineRoute({
  method: 'get',
  path: `${DATABASE}/functions/{function_id}/versions`,
  operationId: 'listFunctionVersions',
  tag: TAG,
  summary: 'The versions of a function',
  access: 'read',
  params: functionParams,
  responses: { 200: { description: 'The newest first', schema: z.array(functions.functionVersion) } },
})

export const activateFunctionVersion = defineRoute({
  method: 'post',
  path: `${DATABASE}/functions/{function_id}/versions/{version_id}/activate`,
  operationId: 'activateFunctionVersion',
  tag: TAG,
  summary: 'Make a version of a function the active one',
  access: 'manage',
  params: versionParams,
  responses: { 200: { description: 'The function and that version', schema: functions.deployedFunction } },
})

export const uploadBundle = defineRoute({
  method: 'put',
  path: `${DATABASE}/bundles`,
  operationId: 'uploadBundle',
  tag: TAG,
  summary: 'Upload the code of a function',
  description:
    'One module of JavaScript, or a zip archive, as it is. The bundle_ref of the reply deploys it. A bundle that no version names goes ' +
    'when room is needed.',
  access: 'manage',
  params: databaseParams,
  body: { schema: z.string(), raw: true, required: true, maxBytes: FUNCTION_LIMITS.bundleBytes },
  responses: { 200: { description: 'Stored', schema: functions.storedBundle } },
})

export const invokeFunction = defineRoute({
  method: 'post',
  path: `${DATABASE}/functions/{function_id}/invoke`,
  operationId: 'invokeFunction',
  tag: TAG,
  summary: 'Run a function and wait for its result',
  description:
    'A run that fails or takes too long is 200 with its status. With an idempotency_key the same key gives the reply of the first run.',
  access: 'write',
  params: functionParams,
  body: { schema: functions.invocation, required: false, maxBytes: 2 * FUNCTION_LIMITS.inputBytes },
  responses: { 200: { description: 'How it ended', schema: functions.invoked } },
})

export const listFunctionRuns = defineRoute({
  method: 'get',
  path: `${DATABASE}/functions/{function_id}/runs`,
  operationId: 'listFunctionRuns',
  tag: TAG,
  summary: 'The runs of a function',
  access: 'read',
  params: functionParams,
  query: functions.runsQuery,
  responses: { 200: { description: 'The newest first', schema: z.array(functions.functionRun) } },
})

export const getFunctionRun = defineRoute({
  method: 'get',
  path: `${DATABASE}/functions/{function_id}/runs/{run_id}`,
  operationId: 'getFunctionRun',
  tag: TAG,
  summary: 'A run of a function',
  access: 'read',
  params: runParams,
  responses: { 200: { description: 'With its result', schema: functions.functionRunDetails } },
})

export const getFunctionRunLogs = defineRoute({
  method: 'get',
  path: `${DATABASE}/functions/{function_id}/runs/{run_id}/logs`,
  operationId: 'getFunctionRunLogs',
  tag: TAG,
  summary: 'What a run has written to its console',
  access: 'read',
  params: runParams,
  responses: { 200: { description: 'A line each', schema: functions.runLogs } },
})

export const cancelFunctionRun = defineRoute({
  method: 'post',
  path: `${DATABASE}/functions/{function_id}/runs/{run_id}/cancel`,
  operationId: 'cancelFunctionRun',
  tag: TAG,
  summary: 'Cancel a run that is under way',
  access: 'write',
  params: runParams,
  responses: { 200: { description: 'It is being cancelled', schema: message } },
})

export const deleteSecret = defineRoute({
  method: 'delete',
  path: '/customer/databases/{database_id}/secrets/{secret_name}',
  operationId: 'deleteSecret',
  tag: TAG,
  summary: 'Delete a secret',
  access: 'manage',
  params: secretParams,
  responses: { 204: { description: 'Deleted', schema: noContent } },
})

export const deleteFunction = defineRoute({
  method: 'delete',
  path: `${DATABASE}/functions/{function_id}`,
  operationId: 'deleteFunction',
  tag: TAG,
  summary: 'Delete a function with its versions and runs',
  access: 'manage',
  params: functionParams,
  responses: { 204: { description: 'Deleted', schema: noContent } },
})
