/** GET and PUT of the data API settings of a database. */
import type { ROUTES } from '@db9/types'
import { DATA_API_DEFAULTS } from '@db9/types/internal'
import { insertAudit } from '../audit/audit.ts'
import { requireActive } from '../databases/store.ts'
import { raiseVersion } from '../databases/versions.ts'
import type { Handler } from '../http/call.ts'
import { parseDataApiSettings } from './parse.ts'

export const getDataApi: Handler<typeof ROUTES.getDataApi> = async (_, { database }) => ({
  status: 200,
  body: database.data_api ?? DATA_API_DEFAULTS,
})

export const putDataApi: Handler<typeof ROUTES.putDataApi> = async (
  services,
  { caller, database, body, request },
) => {
  const settings = parseDataApiSettings(body)
  requireActive(database)
  await services.db.transaction().execute(async (trx) => {
    const change = { data_api: JSON.stringify(settings), updated_at: new Date(request.now) }
    await raiseVersion(trx, database.id, change)
    const action = {
      operation: 'update',
      resource: 'data_api',
      id: database.id,
      databaseId: database.id,
    } as const
    await insertAudit(trx, caller, request, action)
  })
  await services.announcer.announce(database.id)
  return { status: 200, body: settings }
}
