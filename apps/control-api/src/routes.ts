/** One handler for each route of the contract. */
import type { ROUTES } from '@db9/types'
import { type AccountDeps, accountHandlers } from './accounts/handlers.ts'
import { type AdoptionDeps, adoptionHandlers } from './adoption/handlers.ts'
import { advisorHandlers } from './advisors/handlers.ts'
import { type AuditDeps, auditHandlers } from './audit/handlers.ts'
import { type AuthConfigDeps, authConfigHandlers } from './auth-config/handlers.ts'
import { type BackupDeps, backupHandlers } from './backups/handlers.ts'
import { type ConnectKeyDeps, connectKeyHandlers } from './connect-keys/handlers.ts'
import { type ConnectTokenDeps, connectTokenHandlers } from './connect-tokens/handlers.ts'
import { type DataApiDeps, dataApiHandlers } from './data-api/handlers.ts'
import { type DatabaseDeps, databaseHandlers } from './databases/handlers.ts'
import { type DumpDeps, dumpHandlers } from './dump/handlers.ts'
import { type ExtensionDeps, extensionHandlers } from './extensions/handlers.ts'
import { type FunctionDeps, functionHandlers } from './functions/handlers.ts'
import { functionRunHandlers, type RunDeps } from './functions/run-handlers.ts'
import type { BoundHandler } from './http/call.ts'
import { maintenanceHandlers } from './maintenance/handlers.ts'
import type { CheckDeps } from './maintenance/self-check.ts'
import { type MigrationDeps, migrationHandlers } from './migrations/handlers.ts'
import { type ObservabilityDeps, observabilityHandlers } from './observability/handlers.ts'
import { type OperationDeps, operationHandlers } from './operations/handlers.ts'
import { publishableKeyHandlers } from './publishable-keys/handlers.ts'
import type { KeyDeps } from './publishable-keys/stored-keys.ts'
import { type RefusedDeps, refusedHandlers } from './refused-requests/handlers.ts'
import { type RestoreDeps, restoreHandlers } from './restores/handlers.ts'
import { type SchemaDeps, schemaHandlers } from './schema/handlers.ts'
import { type SecretDeps, secretHandlers } from './secrets/handlers.ts'
import { serviceKeyHandlers } from './service-keys/handlers.ts'
import { type SettingsDeps, settingsHandlers } from './settings/handlers.ts'
import { type SqlDeps, sqlHandlers } from './sql/handlers.ts'
import { type TokenDeps, tokenHandlers } from './tokens/handlers.ts'
import { type TypesDeps, typesHandlers } from './types/handlers.ts'
import { type UserDeps, userHandlers } from './users/handlers.ts'

type RouteDeps = AccountDeps &
  AdoptionDeps &
  AuditDeps &
  AuthConfigDeps &
  BackupDeps &
  CheckDeps &
  ConnectKeyDeps &
  ConnectTokenDeps &
  DataApiDeps &
  DatabaseDeps &
  DumpDeps &
  ExtensionDeps &
  FunctionDeps &
  MigrationDeps &
  ObservabilityDeps &
  OperationDeps &
  KeyDeps &
  RefusedDeps &
  RestoreDeps &
  RunDeps &
  SchemaDeps &
  SecretDeps &
  SettingsDeps &
  SqlDeps &
  TokenDeps &
  TypesDeps &
  UserDeps

/** The compiler counts them: a route without a handler is an error, and so is a handler of another route. */
export type Handlers = { [Name in keyof typeof ROUTES]: BoundHandler<(typeof ROUTES)[Name]> }

/** Each resource sees of `deps` what its own type names. */
export function createHandlers(deps: RouteDeps): Handlers {
  return {
    ...accountHandlers(deps),
    ...adoptionHandlers(deps),
    ...advisorHandlers(deps),
    ...auditHandlers(deps),
    ...authConfigHandlers(deps),
    ...backupHandlers(deps),
    ...connectKeyHandlers(deps),
    ...connectTokenHandlers(deps),
    ...dataApiHandlers(deps),
    ...databaseHandlers(deps),
    ...dumpHandlers(deps),
    ...extensionHandlers(deps),
    ...functionHandlers(deps),
    ...functionRunHandlers(deps),
    ...maintenanceHandlers(deps),
    ...migrationHandlers(deps),
    ...observabilityHandlers(deps),
    ...operationHandlers(deps),
    ...publishableKeyHandlers(deps),
    ...refusedHandlers(deps),
    ...restoreHandlers(deps),
    ...schemaHandlers(deps),
    ...secretHandlers(deps),
    ...serviceKeyHandlers(deps),
    ...settingsHandlers(deps),
    ...sqlHandlers(deps),
    ...tokenHandlers(deps),
    ...typesHandlers(deps),
    ...userHandlers(deps),
  }
}
