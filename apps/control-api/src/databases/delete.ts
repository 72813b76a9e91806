import type { ROUTES } from '@db9/types'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { insertAudit } from '../metadata/audit.ts'
import { insertOperation, runOperation } from './operations.ts'
import { notifyChange, raiseVersion } from './versions.ts'

const GONE = { status: 200, body: { message: 'Database disabled' } } as const

/** One transaction (state, audit, operation) → the gateway is told → the engine destroys. May be repeated. */
export const deleteDatabase: Handler<typeof ROUTES.deleteDatabase> = async (
  services,
  { caller, database, request },
) => {
  const operation = await services.db.transaction().execute(async (trx) => {
    const { state } = await trx
      .selectFrom('databases')
      .select('state')
      .where('id', '=', database.id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (state === 'DISABLING' || state === 'DISABLED') return null
    if (state === 'CREATING' || state === 'CLONING') {
      throw new ApiError('operation_in_progress', `the database is ${state}`, {
        fields: { state },
        retryAfter: 1,
      })
    }
    await raiseVersion(trx, database.id, { state: 'DISABLING', updated_at: new Date(request.now) })
    await insertAudit(trx, caller, request, {
      operation: 'delete',
      resource: 'database',
      id: database.id,
      name: database.name,
      databaseId: database.id,
    })
    return insertOperation(trx, services, {
      databaseId: database.id,
      kind: 'delete',
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
  })
  if (!operation) return GONE

  await notifyChange(services, database.id)
  await runOperation(services, operation)
  return GONE
}
