import type { Transaction } from 'kysely'
import { ApiError } from '../errors.ts'
import { runOperation } from '../jobs/runner.ts'
import type { OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

/** What is begun at most of each sort by the clock; the rest waits for the next time. */
export const MOST_AT_ONCE = 20

/** Begins what nobody waits for and runs it. Where something is in the way of it now, the next sweep tries again. */
export async function beginAndRun(
  services: Services,
  begin: (trx: Transaction<Tables>) => Promise<OperationRow | null>,
): Promise<void> {
  try {
    const operation = await services.db.transaction().execute(begin)
    if (operation) await runOperation(services, operation)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    services.log.info({ reason: error.message }, 'not swept yet')
  }
}
