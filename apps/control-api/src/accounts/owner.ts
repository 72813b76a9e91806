import type { ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Handler } from '../http/call.ts'
import type { Services } from '../services.ts'
import { insertToken } from '../tokens/handlers.ts'

export const getMe: Handler<typeof ROUTES.getMe> = async ({ db }, { caller }) => {
  const row = await db
    .selectFrom('customers')
    .selectAll()
    .where('id', '=', caller.customerId)
    .executeTakeFirstOrThrow()
  return {
    status: 200,
    body: {
      id: row.id,
      email: row.email,
      created_at: row.created_at.toISOString(),
      status: row.status,
      is_anonymous: row.kind === 'anonymous',
      database_limit: row.database_limit,
    },
  }
}

/**
 * Makes the account that owns the installation, without a quota, where there is none. The token is in what is returned
 * only when it was made now. `renew` replaces it: for an installation whose credentials file is gone.
 */
export async function ensureOwner(
  { db, clock }: Services,
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
