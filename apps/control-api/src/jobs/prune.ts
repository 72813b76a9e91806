/** Removes jobs that ended long ago. */
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../metadata/tables.ts'

/** Deleted at once; the rest waits for the next pass. */
const MOST_AT_ONCE = 1_000

export interface PruneDeps {
  db: Kysely<Tables>
  /** Removes the rows that refer to these jobs, in the same transaction. */
  removeReferences(trx: Transaction<Tables>, jobIds: string[]): Promise<void>
}

/** Removes jobs that ended before `before`. A job that a kept Idempotency-Key refers to is kept with it. */
export async function pruneJobs({ db, removeReferences }: PruneDeps, before: Date): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const old = await trx
      .selectFrom('operations as o')
      .select('o.id')
      .where('o.status', '<>', 'running')
      .where('o.updated_at', '<=', before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('idempotency_keys as k')
              .select('k.id')
              .where((of) =>
                of.or([of('k.id', '=', of.ref('o.idempotency_id')), of('k.id', '=', of.ref('o.batch_id'))]),
              ),
          ),
        ),
      )
      .orderBy('o.updated_at')
      .limit(MOST_AT_ONCE)
      .execute()
    if (old.length === 0) return
    const ids = old.map(({ id }) => id)
    await removeReferences(trx, ids)
    await trx.deleteFrom('operations').where('id', 'in', ids).execute()
  })
}
