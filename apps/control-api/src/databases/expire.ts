/** Deletes databases without a request: branches whose time is over, and what deleted accounts had. */
import type { Transaction } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { beginAndRun, MOST_AT_ONCE } from '../operations/begin.ts'
import { type DeleteDeps, insertDelete } from './delete.ts'

/** Branches whose time is over; a protected one stays until it is protected no more. */
export async function deleteExpired(deps: DeleteDeps): Promise<void> {
  const due = await deps.db
    .selectFrom('databases')
    .selectAll()
    .where('state', '=', 'ACTIVE')
    .where('expires_at', '<=', new Date(deps.clock()))
    .where('protected', '=', false)
    .limit(MOST_AT_ONCE)
    .execute()
  await deleteAll(deps, due)
}

/** Some databases of deleted accounts, or all of one. One that an operation uses is deleted by a later sweep. */
export async function deleteOrphaned(deps: DeleteDeps, customerId?: string): Promise<void> {
  const due = await deps.db
    .selectFrom('databases as d')
    .innerJoin('customers as c', 'c.id', 'd.customer_id')
    .selectAll('d')
    .where('c.status', '=', 'deleted')
    .where('d.state', '=', 'ACTIVE')
    .$if(customerId === undefined, (query) => query.limit(MOST_AT_ONCE))
    .$if(customerId !== undefined, (query) => query.where('c.id', '=', String(customerId)))
    .execute()
  await deleteAll(deps, due)
}

async function deleteAll(deps: DeleteDeps, due: DatabaseRow[]): Promise<void> {
  const { jobs, clock, outbox } = deps
  for (const database of due) {
    await beginAndRun(deps, async (trx) => {
      const begun = await insertDelete(trx, jobs, { database, now: clock() })
      if (begun) await auditWithoutRequest(trx, database, clock())
      return begun
    })
    await outbox.send(database.id)
  }
}

/** The audit row names the account alone: no request and no token did it. */
async function auditWithoutRequest(
  trx: Transaction<Tables>,
  database: DatabaseRow,
  now: number,
): Promise<void> {
  const caller = { customerId: database.customer_id, tokenId: null }
  const request = { id: null, address: null, now }
  await auditDatabase(trx, { caller, request }, 'delete', database)
}
