/** Deletes branches whose time is over. */
import type { Transaction } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { beginAndRun, MOST_AT_ONCE } from '../operations/begin.ts'
import { type DeleteDeps, insertDelete } from './delete.ts'

export async function deleteExpired(deps: DeleteDeps): Promise<void> {
  const { db, jobs, clock, outbox } = deps
  const due = await db
    .selectFrom('databases')
    .selectAll()
    .where('state', '=', 'ACTIVE')
    .where('expires_at', '<=', new Date(clock()))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const database of due) {
    await beginAndRun(deps, async (trx) => {
      const begun = await insertDelete(trx, jobs, { database, now: clock() })
      if (begun) await auditExpiry(trx, database, clock())
      return begun
    })
    await outbox.send(database.id)
  }
}

/** The audit row names the account alone: no request and no token did it. */
async function auditExpiry(trx: Transaction<Tables>, database: DatabaseRow, now: number): Promise<void> {
  const caller = { customerId: database.customer_id, tokenId: null }
  const request = { id: null, address: null, now }
  await auditDatabase(trx, { caller, request }, 'delete', database)
}
