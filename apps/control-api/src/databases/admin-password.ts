/** The password of a database's owner role, sealed in the database's row. */
import type { AssociatedData, Encryption } from '../encryption.ts'
import type { DatabaseRow } from '../metadata/tables.ts'

export const ADMIN_USER = 'admin'

export function sealAdminPassword(encryption: Encryption, databaseId: string, password: string): string {
  return encryption.seal(password, placeOf(databaseId))
}

export function openAdminPassword(
  encryption: Encryption,
  row: Pick<DatabaseRow, 'id' | 'admin_password'>,
): string {
  return encryption.open(row.admin_password, placeOf(row.id))
}

function placeOf(id: string): AssociatedData {
  return { table: 'databases', column: 'admin_password', id }
}
