/** The routes that show databases and their credentials. */
import type { DatabaseEngine } from '@db9/engine'
import { keysOf, parseVerifier } from '@db9/postgres/scram/verifier'
import type { ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { accessTo } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { toText } from '../rfc3339.ts'
import { ADMIN_USER, openAdminPassword } from './admin-password.ts'
import { LIVE_STATES } from './store.ts'
import { type CredentialDeps, toConnectionString, toCredentials, toDatabase } from './view.ts'

interface Db {
  db: Kysely<Tables>
}

export interface ReadDeps extends Db, CredentialDeps {
  engine: Pick<DatabaseEngine, 'knownVerifier' | 'restoreWindow'>
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

export const getCredentials: Handler<typeof ROUTES.getCredentials, ReadDeps> = async (
  deps,
  { caller, database, request },
) => {
  await requirePasswordInUse(deps, database)
  await deps.db
    .transaction()
    .execute((trx) => auditDatabase(trx, { caller, request }, 'read', database, 'credentials'))
  return { status: 200, body: toCredentials(deps, database) }
}

/** 409 where the owner has set another password by SQL, as far as that is known without a start: what is stored opens nothing. */
async function requirePasswordInUse(
  { engine, encryption }: Pick<ReadDeps, 'engine' | 'encryption'>,
  database: DatabaseRow,
): Promise<void> {
  if (database.state !== 'ACTIVE') return
  const known = await engine.knownVerifier(database.id, ADMIN_USER).catch(() => null)
  const verifier = known && parseVerifier(known.verifier)
  if (!verifier || (await keysOf(openAdminPassword(encryption, database), verifier))) return
  throw new ApiError(
    'conflict',
    `the password of ${ADMIN_USER} was changed by SQL, and is known to who changed it alone: POST /customer/databases/${database.id}/reset-password makes a new one`,
  )
}
