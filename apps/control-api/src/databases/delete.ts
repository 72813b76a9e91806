import type { ROUTES } from '@db9/types'
import type { Transaction } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import type { Handler } from '../http/call.ts'
import { runOperation } from '../jobs/runner.ts'
import { insertOperation, requireUnread } from '../jobs/store.ts'
import type { DatabaseRow, OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { purgeOverLimit } from './purge.ts'
import { findById, lockDatabase, lockOwnDatabase } from './store.ts'
import { raiseVersion } from './versions.ts'
import { toDatabase } from './view.ts'

/** One transaction (state, audit, operation) → the gateway is told → the engine sets it aside. May be repeated. */
export const deleteDatabase: Handler<typeof ROUTES.deleteDatabase> = async (
  services,
  { caller, database, request },
) => {
  const operation = await services.db.transaction().execute(async (trx) => {
    await lockOwnDatabase(trx, caller, database.id)
    const begun = await insertDelete(trx, services, { database, now: request.now })
    if (!begun) return null
    await insertAudit(trx, caller, request, {
      operation: 'delete',
      resource: 'database',
      id: database.id,
      name: database.name,
      databaseId: database.id,
    })
    return begun
  })
  if (operation) {
    await services.announcer.announce(database.id)
    await runOperation(services, operation)
    await purgeOverLimit(services, caller.customerId)
  }
  const { recoverable_until } = toDatabase(await findById(services.db, database.id))
  return { status: 200, body: { message: 'Database disabled', recoverable_until } }
}

/** Begins to delete a database; null where that has begun already. 409 while something is made of it or in it. */
export async function insertDelete(
  trx: Transaction<Tables>,
  services: Services,
  { database, now }: { database: DatabaseRow; now: number },
): Promise<OperationRow | null> {
  const { state } = await lockDatabase(trx, database.id)
  if (state === 'DISABLING' || state === 'DISABLED' || state === 'CREATE_FAILED') return null
  await requireUnread(trx, database.id)
  const operation = await insertOperation(trx, services, {
    kind: 'delete',
    customerId: database.customer_id,
    databaseId: database.id,
    now,
  })
  await raiseVersion(trx, database.id, { state: 'DISABLING', updated_at: new Date(now) })
  return operation
}
