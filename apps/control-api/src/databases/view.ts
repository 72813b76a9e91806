/** Databases as the REST API shows them. */
import type { Branch, Credentials, Database } from '@db9/types'
import type { Encryption } from '../encryption.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import { toText } from '../rfc3339.ts'
import { ADMIN_USER, openAdminPassword } from './admin-password.ts'

/** What is needed to show the credentials of a database. */
export interface CredentialDeps {
  encryption: Encryption
  /** Where clients reach Postgres. */
  pgAddress: () => { host: string; port: number }
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

/** `postgresql://<id>.<role>:<password>@<host>:<port>/postgres`; without the password where none is given. */
export function toConnectionString(
  id: string,
  password: string | null,
  { host, port }: { host: string; port: number },
  role = ADMIN_USER,
): string {
  const secret = password === null ? '' : `:${encodeURIComponent(password)}`
  return `postgresql://${id}.${role}${secret}@${host.includes(':') ? `[${host}]` : host}:${port}/postgres`
}

export function toCredentials({ encryption, pgAddress }: CredentialDeps, row: DatabaseRow): Credentials {
  const password = openAdminPassword(encryption, row)
  return {
    admin_user: ADMIN_USER,
    admin_password: password,
    connection_string: toConnectionString(row.id, password, pgAddress()),
  }
}
