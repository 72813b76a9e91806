import type { Services } from '../services.ts'

/** Deleted at once; the rest waits for the next sweep. */
const MOST_AT_ONCE = 1_000

/**
 * Removes operations that ended longer ago than they are kept for, and the restores that they were. One that an
 * Idempotency-Key still stands for stays with it.
 */
export async function pruneOperations({ db, config, clock }: Services): Promise<void> {
  const before = new Date(clock() - config.retention.operationsMs)
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
    await trx.deleteFrom('restores').where('operation_id', 'in', ids).execute()
    await trx.deleteFrom('operations').where('id', 'in', ids).execute()
  })
}
