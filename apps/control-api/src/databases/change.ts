/** The route that changes the name of a database, its `project_id`, a label of the owner's, and whether it is protected. */
import type { ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { lockAccount } from '../accounts/store.ts'
import { auditDatabase } from '../audit/audit.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import type { Tables } from '../metadata/tables.ts'
import { parseDatabaseName } from './names.ts'
import { requireFreeName } from './quota.ts'
import { lockOwnDatabase, requireActive } from './store.ts'
import { updateDatabaseRow } from './versions.ts'
import { toDatabase } from './view.ts'

export interface ChangeDeps {
  db: Kysely<Tables>
}

/** Its id, connection strings, keys and data stay as they are. */
export const changeDatabase: Handler<typeof ROUTES.changeDatabase, ChangeDeps> = async (
  { db },
  { caller, database, body, request },
) => {
  if (Object.keys(body).length === 0) {
    throw new ApiError('invalid_request', 'body: give name, project_id or protected')
  }
  const name = body.name === undefined ? undefined : parseDatabaseName(body.name)
  return db.transaction().execute(async (trx) => {
    await lockAccount(trx, caller.customerId)
    const current = await lockOwnDatabase(trx, caller, database.id)
    requireActive(current)
    if (name !== undefined && name !== current.name) await requireFreeName(trx, caller, name)
    const change = {
      ...(name !== undefined && { name }),
      ...(body.project_id !== undefined && { project_id: body.project_id }),
      ...(body.protected !== undefined && { protected: body.protected }),
    }
    const row = await updateDatabaseRow(trx, database.id, change, request.now)
    await auditDatabase(trx, { caller, request }, 'update', row)
    return { status: 200, body: toDatabase(row) } as const
  })
}
