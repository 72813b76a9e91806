/** The route that deletes an account. */
import type { ROUTES } from '@db9/types'
import { within } from '@db9/types/within'
import type { Transaction } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import type { DeleteDeps } from '../databases/delete.ts'
import { deleteOrphaned } from '../databases/expire.ts'
import { liveCount } from '../databases/quota.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import type { Tables } from '../metadata/tables.ts'
import { markCancelled } from '../operations/cancel.ts'
import { revokeTokens } from '../tokens/store.ts'
import { lockAccount } from './store.ts'

const CANCEL_WAIT_MS = 5_000
const REMOVAL_WAIT_MS = 10_000

export interface DeleteAccountDeps extends DeleteDeps {
  tokenUses: Pick<TokenUses, 'revoke'>
}

/**
 * One transaction (tokens end, nothing opens the account, nothing of it is kept) → its databases are deleted. What a crash or
 * a running operation leaves of them goes with the next sweeps.
 */
export const deleteAccount: Handler<typeof ROUTES.deleteAccount, DeleteAccountDeps> = async (
  deps,
  { caller, request },
) => {
  const { customerId } = caller
  const { ended, databases, cancelled } = await deps.db.transaction().execute(async (trx) => {
    const { kind } = await lockAccount(trx, customerId)
    if (kind === 'owner') throw new ApiError('forbidden', 'the account of the installation’s owner stays')
    const databases = await liveCount(trx, customerId)
    await insertAudit(trx, caller, request, { operation: 'delete', resource: 'customer', id: customerId })
    await closeAccount(trx, customerId, new Date(request.now))
    const cancelled = await cancelAll(trx, deps.jobs, customerId, request.now)
    return { ended: await revokeTokens(trx, customerId, request.now), databases, cancelled }
  })
  for (const tokenId of ended) deps.tokenUses.revoke(tokenId)
  await within(CANCEL_WAIT_MS, Promise.all(cancelled.map((id) => deps.jobs.cancel(id))), () => {})
  // Of many databases the last are deleted after the reply.
  const removal = deleteOrphaned(deps, customerId).catch((error: unknown) =>
    deps.log.error({ err: error }, 'databases of a deleted account are left to the sweep'),
  )
  await within(REMOVAL_WAIT_MS, removal, () => {})
  return { status: 200, body: { message: 'Account deleted', databases } }
}

/** Marks what the account has running, so that nothing of it goes on for hours. */
async function cancelAll(
  trx: Transaction<Tables>,
  jobs: DeleteAccountDeps['jobs'],
  customerId: string,
  now: number,
): Promise<string[]> {
  const running = await trx
    .selectFrom('operations')
    .select(['id', 'kind'])
    .where('customer_id', '=', customerId)
    .where('status', '=', 'running')
    .execute()
  const ids = running.filter(({ kind }) => jobs.canCancel(kind)).map(({ id }) => id)
  return ids.length === 0 ? [] : markCancelled(trx, ids, now)
}

/** The row stays, since the rows of its databases and its audit log refer to it. */
async function closeAccount(trx: Transaction<Tables>, customerId: string, now: Date): Promise<void> {
  await trx
    .updateTable('customers')
    .set({
      status: 'deleted',
      email: null,
      anonymous_secret_sha256: null,
      identity_issuer: null,
      identity_subject: null,
    })
    .where('id', '=', customerId)
    .execute()
  await trx
    .updateTable('databases')
    .set({ purge_at: now })
    .where('customer_id', '=', customerId)
    .where('state', '=', 'DISABLED')
    .where('purged_at', 'is', null)
    .execute()
  await trx
    .updateTable('backups')
    .set({ expires_at: now, updated_at: now })
    .where('customer_id', '=', customerId)
    .where('state', 'in', ['creating', 'ready'])
    .execute()
}
