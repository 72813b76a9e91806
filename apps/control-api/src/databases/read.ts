import type { ROUTES } from '@db9/types'
import { insertAudit } from '../audit/audit.ts'
import { accessTo } from '../auth/caller.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import { LIVE_STATES } from './store.ts'
import {
  ADMIN_USER,
  openAdminPassword,
  toConnectionString,
  toCredentials,
  toDatabase,
  toText,
} from './view.ts'

export const listDatabases: Handler<typeof ROUTES.listDatabases> = async ({ db }, { caller, query }) => {
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

export const getDatabase: Handler<typeof ROUTES.getDatabase> = async (
  { config, sealer, engine },
  { caller, database },
) => {
  // A scoped token may use the database but not carry its password away: a password outlives the token.
  const password = accessTo(caller, database.id) === 'full' ? openAdminPassword(sealer, database) : null
  const earliest = database.state === 'ACTIVE' ? (await engine.restoreWindow(database.id)).from : null
  return {
    status: 200,
    body: {
      ...toDatabase(database),
      earliest_restorable: toText(earliest),
      admin_user: ADMIN_USER,
      connection_string: toConnectionString(database.id, password, config.pgAddress()),
    },
  }
}

export const getCredentials: Handler<typeof ROUTES.getCredentials> = async (
  services,
  { caller, database, request },
) => {
  await services.db.transaction().execute((trx) =>
    insertAudit(trx, caller, request, {
      operation: 'read',
      resource: 'credentials',
      id: database.id,
      name: database.name,
      databaseId: database.id,
    }),
  )
  return { status: 200, body: toCredentials(services, database) }
}
