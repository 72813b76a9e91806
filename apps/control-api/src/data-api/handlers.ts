/** GET and PUT of the data API settings of a database. */
import type { ROUTES } from '@db9/types'
import { DATA_API_DEFAULTS } from '@db9/types/internal'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { requireActive } from '../databases/store.ts'
import { raiseVersion } from '../databases/versions.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { InvalidationOutbox } from '../invalidation/outbox.ts'
import type { Tables } from '../metadata/tables.ts'
import { parseDataApiSettings } from './parse.ts'

export interface DataApiDeps {
  db: Kysely<Tables>
  outbox: Pick<InvalidationOutbox, 'send'>
}

const getDataApi: Handler<typeof ROUTES.getDataApi, DataApiDeps> = async (_, { database }) => ({
  status: 200,
  body: database.data_api ?? DATA_API_DEFAULTS,
})

const putDataApi: Handler<typeof ROUTES.putDataApi, DataApiDeps> = async (
  { db, outbox },
  { caller, database, body, request },
) => {
  const settings = parseDataApiSettings(body)
  requireActive(database)
  await db.transaction().execute(async (trx) => {
    const change = { data_api: JSON.stringify(settings), updated_at: new Date(request.now) }
    await raiseVersion(trx, database.id, change)
    await auditDatabase(trx, { caller, request }, 'update', { id: database.id }, 'data_api')
  })
  await outbox.send(database.id)
  return { status: 200, body: settings }
}

export function dataApiHandlers(deps: DataApiDeps) {
  return bind(deps, { getDataApi, putDataApi })
}
