/** Databases as the REST API shows them. */
import type { Branch, Credentials, Database } from '@db9/types'
import type { PgAddress } from '../config.ts'
import type { Encryption } from '../encryption.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import { toText } from '../rfc3339.ts'
import { ADMIN_USER, openAdminPassword } from './admin-password.ts'

/** What is needed to show the credentials of a database. */
export interface CredentialDeps {
  encryption: Encryption
  /** Where clients reach Postgres. */
  pgAddress: () => PgAddress
}

export function toDatabase(row: DatabaseRow): Database {
  return {
    id: row.id,
    name: row.name,
    region: row.region,
    project_id: row.project_id,
    state: row.state,
    state_reason: row.state_reason,
    parent_database_id: row.parent_database_id,
    snapshot_at: row.snapshot_at,
    protected: row.protected,
    expires_at: toText(row.expires_at),
    recoverable_until: row.state === 'DISABLED' && !row.purged_at ? toText(row.purge_at) : null,
    created_at: row.created_at.toISOString(),
  }
}

/** `rolesWithoutPassword`: null while the branch is being made. */
export function toBranch(
  deps: CredentialDeps,
  row: DatabaseRow,
  operationId: string,
  rolesWithoutPassword: string[] | null,
): Branch {
  return {
    ...toDatabase(row),
    ...toCredentials(deps, row),
    operation_id: operationId,
    roles_without_password: rolesWithoutPassword,
  }
}

/**
 * `postgresql://<id>.<role>:<password>@<host>:<port>/postgres`; without the password where none is given, and with `sslmode=require`
 * where connections without TLS are refused.
 */
export function toConnectionString(
  id: string,
  password: string | null,
  { host, port, isTlsRequired = false }: PgAddress,
  role = ADMIN_USER,
): string {
  const secret = password === null ? '' : `:${encodeURIComponent(password)}`
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `postgresql://${id}.${role}${secret}@${where}/postgres${isTlsRequired ? '?sslmode=require' : ''}`
}

export function toCredentials({ encryption, pgAddress }: CredentialDeps, row: DatabaseRow): Credentials {
  const password = openAdminPassword(encryption, row)
  return {
    admin_user: ADMIN_USER,
    admin_password: password,
    connection_string: toConnectionString(row.id, password, pgAddress()),
  }
}
