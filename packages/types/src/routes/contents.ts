/** Routes of what is inside a database. */
import { defineRoute } from '../contract.ts'
import { databaseSchema } from '../schemas/database-schema.ts'
import { databaseParams } from '../schemas/databases.ts'

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
