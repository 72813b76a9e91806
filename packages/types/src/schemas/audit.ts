/** Schemas of the audit log. */
import * as z from 'zod'
import { page } from './common.ts'

export const auditOperation = z.enum([
  'create',
  'update',
  'delete',
  'read',
  'refresh',
  'branch',
  'restore',
  'recover',
  'reset_password',
  'adopt',
  'claim',
  'cancel',
  'purge',
])

export const auditResource = z.enum([
  'customer',
  'token',
  'database',
  'backup',
  'credentials',
  'publishable_key',
  'service_key',
  'connect_key',
  'connect_token',
  'auth_config',
  'data_api',
  'settings',
  'user',
  'migration',
  'dump',
  'secret',
  'function',
  'operation',
])

export const auditQuery = z.strictObject({
  database_id: z.string().max(64).optional(),
  tenant_id: z.string().max(64).optional().describe('The same as database_id'),
  operation_type: auditOperation.optional(),
  resource_type: auditResource.optional(),
  success: z.enum(['true', 'false']).optional(),
  offset: z.coerce.number().int().min(0).max(100_000).optional().describe('How many to pass over'),
  ...page,
})

export const auditEntry = z
  .object({
    id: z.string(),
    timestamp: z.iso.datetime(),
    operation_type: auditOperation,
    resource_type: auditResource,
    resource_id: z.string(),
    resource_name: z.string().nullable(),
    database_id: z.string().nullable(),
    tenant_id: z.string().nullable().describe('The same as database_id'),
    operator: z.string().nullable().describe('The id of the token; null: the service itself'),
    address: z.string().nullable().describe('Of the client'),
    request_id: z.string().nullable(),
    success: z.boolean(),
    error_message: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })
