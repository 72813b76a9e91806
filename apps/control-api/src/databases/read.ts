/** The routes that show databases and their credentials. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { accessTo } from '../auth/caller.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { Tables } from '../metadata/tables.ts'
import { toText } from '../rfc3339.ts'
import { ADMIN_USER, openAdminPassword } from './admin-password.ts'
import { LIVE_STATES } from './store.ts'
import { type CredentialDeps, toConnectionString, toCredentials, toDatabase } from './view.ts'

interface Db {
  db: Kysely<Tables>
}

export interface ReadDeps extends Db, CredentialDeps {
  engine: Pick<DatabaseEngine, 'restoreWindow'>
}

export const listDatabases: Handler<typeof ROUTES.listDatabases, Db> = async ({ db }, { caller, query }) => {
  let rows = db.selectFrom('databases').selectAll().where('customer_id', '=', caller.customerId)
  if (caller.scope)
    rows = rows.where(
      'id',
      'in',
      caller.scope.databases.map((entry) => entry.id),
    )
  if (query.deleted === 'true') rows = rows.where('state', '=', 'DISABLED').where('purged_at', 'is', null)
  else if (query.all !== 'true') rows = rows.where('state', 'in', LIVE_STATES)
  if (query.project_id !== undefined) rows = rows.where('project_id', '=', query.project_id)
  if (query.cursor !== undefined) rows = rows.where('id', '>', query.cursor)
  return toPage(await rows.orderBy('id').limit(rowsOf(query)).execute(), query, toDatabase)
}

export const getDatabase: Handler<typeof ROUTES.getDatabase, ReadDeps> = async (
  { pgAddress, encryption, engine },
  { caller, database },
) => {
  // A scoped token may use the database but does not get its password, which would outlive the token.
  const password = accessTo(caller, database) === 'full' ? openAdminPassword(encryption, database) : null
  const earliest = database.state === 'ACTIVE' ? (await engine.restoreWindow(database.id)).from : null
  return {
    status: 200,
    body: {
      ...toDatabase(database),
      earliest_restorable: toText(earliest),
      admin_user: ADMIN_USER,
      connection_string: toConnectionString(database.id, password, pgAddress()),
    },
  }
}

export const getCredentials: Handler<typeof ROUTES.getCredentials, Db & CredentialDeps> = async (
  deps,
  { caller, database, request },
) => {
  await deps.db
    .transaction()
    .execute((trx) => auditDatabase(trx, { caller, request }, 'read', database, 'credentials'))
  return { status: 200, body: toCredentials(deps, database) }
}
