/** The contract of the REST API: its routes and the types of what they take and answer. */
import type * as z from 'zod'
import type * as accounts from './schemas/accounts.ts'
import type * as adopt from './schemas/adopt.ts'
import type * as audit from './schemas/audit.ts'
import type * as authConfig from './schemas/auth-config.ts'
import type * as backups from './schemas/backups.ts'
import type * as common from './schemas/common.ts'
import type * as connectKeys from './schemas/connect-keys.ts'
import type * as dataApi from './schemas/data-api.ts'
import type * as databases from './schemas/databases.ts'
import type * as functions from './schemas/functions.ts'
import type * as observability from './schemas/observability.ts'
import type * as operations from './schemas/operations.ts'
import type * as keys from './schemas/publishable-keys.ts'
import type * as serviceKeys from './schemas/service-keys.ts'
import type * as settings from './schemas/settings.ts'
import type * as sql from './schemas/sql.ts'

export * from './contract.ts'
export * from './errors.ts'
export { FUNCTION_LIMITS } from './function-limits.ts'
export { ALL_ROUTES, ROUTES } from './routes/index.ts'
export { errorReply, MOST_LISTED } from './schemas/common.ts'
export { databaseState } from './schemas/databases.ts'
export { MAX_SECRET_BYTES, MAX_SECRETS } from './schemas/secrets.ts'

export type AuditOperation = z.output<typeof audit.auditOperation>
export type AuditResource = z.output<typeof audit.auditResource>
export type AuditEntry = z.output<typeof audit.auditEntry>
export type ErrorReply = z.output<typeof common.errorReply>
export type Customer = z.output<typeof accounts.customer>
export type AnonymousAccount = z.output<typeof accounts.anonymousAccount>
export type Token = z.output<typeof accounts.token>
export type CreatedToken = z.output<typeof accounts.createdToken>
export type Database = z.output<typeof databases.database>
export type DatabaseDetails = z.output<typeof databases.databaseDetails>
export type CreatedDatabase = z.output<typeof databases.createdDatabase>
export type Credentials = z.output<typeof databases.credentials>
export type Branch = z.output<typeof databases.branch>
export type Batch = z.output<typeof databases.batch>
export type BatchResult = z.output<typeof databases.batchResult>
export type WireDatabaseSettings = z.output<typeof settings.databaseSettings>
export type Observability = z.output<typeof observability.observability>
export type Operation = z.output<typeof operations.operation>
export type OperationKindName = z.output<typeof operations.operationKind>
export type OperationProgress = z.output<typeof operations.operationProgress>
export type ServerFacts = z.output<typeof operations.serverFacts>
export type SelfCheck = z.output<typeof operations.selfCheck>
export type Backup = z.output<typeof backups.backup>
export type Restore = z.output<typeof backups.restore>
export type AdoptPreflight = z.output<typeof adopt.adoptable>
export type Adopted = z.output<typeof adopt.adopted>
export type SqlRequest = z.output<typeof sql.sqlRequest>
export type SqlResult = z.output<typeof sql.sqlResult>
export type SqlReply = z.output<typeof sql.sqlReply>
export type PublishableKey = z.output<typeof keys.publishableKey>
export type CreatedPublishableKey = z.output<typeof keys.createdPublishableKey>
export type NewPublishableKey = z.output<typeof keys.newPublishableKey>
export type PublishableKeyChange = z.output<typeof keys.publishableKeyChange>
export type ServiceKey = z.output<typeof serviceKeys.serviceKey>
export type ConnectKey = z.output<typeof connectKeys.connectKey>
export type AuthConfig = z.output<typeof authConfig.authConfig>
export type NewAuthConfig = z.output<typeof authConfig.newAuthConfig>
export type NewDataApiSettings = z.output<typeof dataApi.newDataApiSettings>
export type NewVersion = z.output<typeof functions.newVersion>
export type FunctionInfo = z.output<typeof functions.functionInfo>
export type FunctionVersion = z.output<typeof functions.functionVersion>
export type FunctionRun = z.output<typeof functions.functionRun>
