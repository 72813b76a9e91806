import type { Transaction } from 'kysely'
import type { Caller } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { Tables } from '../metadata/tables.ts'

/** Branches and restores that an account may have under way: each takes a disk for itself. */
const MOST = 2

/** 429 where as many are under way as may be. The account's row is locked, so that two cannot take one place. */
export async function requireFewCopies(trx: Transaction<Tables>, { customerId }: Caller): Promise<void> {
  const { running } = await trx
    .selectFrom('operations')
    .select((eb) => eb.fn.countAll<string>().as('running'))
    .where('customer_id', '=', customerId)
    .where('kind', 'in', ['branch', 'restore'])
    .where('status', '=', 'running')
    .executeTakeFirstOrThrow()
  if (Number(running) < MOST) return
  throw new ApiError('rate_limited', `${MOST} branches or restores are under way; wait for one to end`, {
    retryAfter: 5,
  })
}
