/**
 * The PostgREST grammar: request → syntax → plan (against a catalog and a policy) → SQL → reply. Pure: no I/O, no
 * clock, no dependencies.
 */
export type { Catalog } from './catalog/catalog.ts'
export { catalogBatch, versionBatch } from './catalog/catalog-batch.ts'
export { CATALOG_SQL } from './catalog/catalog-sql.ts'
export { parseCatalog } from './catalog/parse-catalog.ts'
export type {
  Batch,
  Caps,
  Policy,
  RequestInput,
  RestResponse,
  Role,
  Session,
  Settings,
  Statement,
} from './contract.ts'
export { errors, QueryError } from './errors.ts'
export type { Plan } from './plan/plan.ts'
export { planRequest } from './plan/plan-request.ts'
export { assertRoleWall } from './policy/role-wall.ts'
export type { ErrorContext } from './response/postgres-error.ts'
export { fromPostgresError, isCatalogMiss, isStaleCatalog } from './response/postgres-error.ts'
export type { PostgresFields } from './response/postgres-fields.ts'
export { responseSteps, toErrorResponse, toResponse } from './response/response.ts'
export { isOfOneReply } from './response/response-settings.ts'
export { ROW } from './sql/main-row.ts'
export { statementTimeout } from './sql/setup-sql.ts'
export { batchFor, toBatch } from './sql/statement.ts'
export type { ReadAhead } from './syntax/body.ts'
export { isBinary, readAhead } from './syntax/body.ts'
export type { RestRequest } from './syntax/request.ts'
export { parseRequest } from './syntax/request.ts'
export type { RequestKind } from './syntax/target.ts'
export { kindOf } from './syntax/target.ts'
