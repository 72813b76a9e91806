/** The account that owns the installation. */
import { newId } from '@db9/types/ids'
import type { Kysely } from 'kysely'
import type { Tables } from '../metadata/tables.ts'
import { insertToken } from '../tokens/store.ts'

/**
 * Makes the account that owns the installation, without a quota, where there is none. Returns the token
 * only when it was made now. `renew` replaces it: for an installation whose credentials file is gone.
 */
export async function ensureOwner(
  { db, clock }: { db: Kysely<Tables>; clock: () => number },
  { renew = false }: { renew?: boolean } = {},
): Promise<{ token: string | null }> {
  const now = clock()
  return db.transaction().execute(async (trx) => {
    const made = await trx
      .insertInto('customers')
      .values({ id: newId('customer', now), kind: 'owner', status: 'active', created_at: new Date(now) })
      .onConflict((conflict) => conflict.column('kind').where('kind', '=', 'owner').doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made && !renew) return { token: null }

    const owner =
      made ??
      (await trx.selectFrom('customers').select('id').where('kind', '=', 'owner').executeTakeFirstOrThrow())
    await trx
      .updateTable('tokens')
      .set({ revoked_at: new Date(now) })
      .where('customer_id', '=', owner.id)
      .where('kind', '=', 'owner')
      .where('revoked_at', 'is', null)
      .execute()
    const spec = { customerId: owner.id, kind: 'owner', name: 'owner', scope: null, expiresAt: null } as const
    const token = await insertToken(trx, { ...spec, now })
    return { token: token.value }
  })
}
