import type { Branch, Credentials, Database } from '@db9/types'
import type { Sealer } from '../encryption.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

export const ADMIN_USER = 'admin'

export function toDatabase(row: DatabaseRow): Database {
  return {
    id: row.id,
    name: row.name,
    region: row.region,
    project_id: row.project_id,
    state: row.state,
    state_reason: row.state_reason,
    parent_database_id: row.parent_database_id,
    snapshot_at: toText(row.snapshot_at),
    expires_at: toText(row.expires_at),
    recoverable_until: row.state === 'DISABLED' && !row.purged_at ? toText(row.purge_at) : null,
    created_at: row.created_at.toISOString(),
  }
}

/** RFC 3339, or null as it is. */
export function toText(moment: Date | null): string | null {
  return moment?.toISOString() ?? null
}

/** `rolesWithoutPassword`: null while it is being made. */
export function toBranch(
  services: Pick<Services, 'config' | 'sealer'>,
  row: DatabaseRow,
  operationId: string,
  rolesWithoutPassword: string[] | null,
): Branch {
  return {
    ...toDatabase(row),
    ...toCredentials(services, row),
    operation_id: operationId,
    roles_without_password: rolesWithoutPassword,
  }
}

/** `postgresql://<id>.admin:<password>@<host>:<port>/postgres`; without the password where none is given. */
export function toConnectionString(
  id: string,
  password: string | null,
  { host, port }: { host: string; port: number },
): string {
  const secret = password === null ? '' : `:${encodeURIComponent(password)}`
  return `postgresql://${id}.${ADMIN_USER}${secret}@${host.includes(':') ? `[${host}]` : host}:${port}/postgres`
}

export function toCredentials(
  { config, sealer }: Pick<Services, 'config' | 'sealer'>,
  row: DatabaseRow,
): Credentials {
  const password = openAdminPassword(sealer, row)
  return {
    admin_user: ADMIN_USER,
    admin_password: password,
    connection_string: toConnectionString(row.id, password, config.pgAddress()),
  }
}

export function passwordPlace(id: string) {
  return { table: 'databases', column: 'admin_password', id }
}

export function openAdminPassword(sealer: Sealer, row: Pick<DatabaseRow, 'id' | 'admin_password'>): string {
  return sealer.open(row.admin_password, passwordPlace(row.id))
}
