/** Routes of accounts, tokens and adoption. */
import * as z from 'zod'
import { defineRoute, MAX_BODY_BYTES } from '../contract.ts'
import * as accounts from '../schemas/accounts.ts'
import * as adopt from '../schemas/adopt.ts'
import { auditEntry, auditQuery } from '../schemas/audit.ts'
import { message, page } from '../schemas/common.ts'

export const getMe = defineRoute({
  method: 'get',
  path: '/customer/me',
  operationId: 'getMe',
  tag: 'Account',
  summary: 'The account that the token belongs to',
  access: 'any',
  responses: { 200: { description: 'The account', schema: accounts.customer } },
})

export const anonymousRegister = defineRoute({
  method: 'post',
  path: '/customer/anonymous-register',
  operationId: 'anonymousRegister',
  tag: 'Account',
  summary: 'Create an anonymous account',
  description: 'Needs no credential. The account may hold 5 live databases.',
  access: 'none',
  body: { schema: z.strictObject({}), required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The account and its first token', schema: accounts.anonymousAccount } },
})

export const anonymousRefresh = defineRoute({
  method: 'post',
  path: '/customer/anonymous-refresh',
  operationId: 'anonymousRefresh',
  tag: 'Account',
  summary: 'A new token for an anonymous account',
  description: 'Works after the old token has expired.',
  access: 'none',
  body: { schema: accounts.anonymousRefresh, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The new token', schema: accounts.refreshedToken } },
})

export const claimAccount = defineRoute({
  method: 'post',
  path: '/customer/claim',
  operationId: 'claimAccount',
  tag: 'Account',
  summary: 'Make an anonymous account yours by an id_token',
  description:
    'Of a provider with a verified address. Databases, keys and API tokens stay; the anonymous secret and its sessions end. ' +
    '409 where the identity has an account already: sign in to that one and adopt the databases.',
  access: 'account',
  body: { schema: accounts.claim, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The account and its next token', schema: accounts.claimed } },
})

export const signIn = defineRoute({
  method: 'post',
  path: '/customer/sso/callback',
  operationId: 'signIn',
  tag: 'Account',
  summary: 'A token of the account that an identity owns, for its id_token',
  access: 'none',
  body: { schema: accounts.claim, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'The new token', schema: accounts.signedIn } },
})

export const getSignIn = defineRoute({
  method: 'get',
  path: '/customer/sso/config',
  operationId: 'getSignIn',
  tag: 'Account',
  summary: 'The identity providers of accounts',
  access: 'none',
  responses: { 200: { description: 'None where no account can be claimed', schema: accounts.signInConfig } },
})

export const deleteAccount = defineRoute({
  method: 'delete',
  path: '/customer/me',
  operationId: 'deleteAccount',
  tag: 'Account',
  summary: 'Delete the account and all it has',
  description: 'Its tokens end at once. Databases and backups are removed and cannot be recovered.',
  access: 'account',
  responses: { 200: { description: 'Deleted', schema: accounts.deletedAccount } },
})

export const createToken = defineRoute({
  method: 'post',
  path: '/customer/tokens',
  operationId: 'createToken',
  tag: 'Tokens',
  summary: 'Create an API token',
  access: 'account',
  body: { schema: accounts.newToken, required: false, maxBytes: MAX_BODY_BYTES },
  responses: { 201: { description: 'The token; its value is shown once', schema: accounts.createdToken } },
})

export const listTokens = defineRoute({
  method: 'get',
  path: '/customer/tokens',
  operationId: 'listTokens',
  tag: 'Tokens',
  summary: 'List the API tokens',
  access: 'account',
  query: z.object(page),
  responses: { 200: { description: 'Tokens without their values', schema: z.array(accounts.token) } },
})

export const revokeToken = defineRoute({
  method: 'delete',
  path: '/customer/tokens/{token_id}',
  operationId: 'revokeToken',
  tag: 'Tokens',
  summary: 'Revoke an API token',
  access: 'account',
  params: z.object({ token_id: z.string() }),
  responses: { 200: { description: 'Revoked', schema: message } },
})

export const preflightAdoption = defineRoute({
  method: 'post',
  path: '/customer/adopt-anonymous-databases/preflight',
  operationId: 'preflightAdoption',
  tag: 'Account',
  summary: 'What adopting the databases of an anonymous account would do',
  access: 'account',
  body: { schema: adopt.adoptPreflight, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'Its databases, and whether they fit', schema: adopt.adoptable } },
})

export const adoptDatabases = defineRoute({
  method: 'post',
  path: '/customer/adopt-anonymous-databases',
  operationId: 'adoptDatabases',
  tag: 'Account',
  summary: 'Move databases of an anonymous account into this one',
  description:
    'All that can be moved, in one step; the others are named with the reason. Credentials and keys stay.',
  access: 'account',
  body: { schema: adopt.adoption, required: true, maxBytes: MAX_BODY_BYTES },
  responses: { 200: { description: 'What was moved', schema: adopt.adopted } },
})

export const listAuditLogs = defineRoute({
  method: 'get',
  path: '/customer/audit-logs',
  operationId: 'listAuditLogs',
  tag: 'Account',
  summary: 'Who did what in the account',
  access: 'account',
  query: auditQuery,
  responses: {
    200: {
      description: 'Newest first, 1,000 of them unless `limit` says otherwise',
      schema: z.array(auditEntry),
    },
  },
})
