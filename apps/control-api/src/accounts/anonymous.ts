/** The routes of anonymous accounts: made without a credential, opened by a secret. */
import { randomBytes } from 'node:crypto'
import type { ROUTES } from '@db9/types'
import { sha256Hex, timingSafeEqual } from '@db9/types/crypto'
import { isId, newId } from '@db9/types/ids'
import type { Kysely, Transaction } from 'kysely'
import { type AddressLimiter, takeOr429 } from '../address-limiter.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { Tables } from '../metadata/tables.ts'
import { openSession } from './sessions.ts'
import { lockAccount } from './store.ts'

/** Live databases of an anonymous account, branches included. */
const ANONYMOUS_DATABASE_LIMIT = 5
const ANONYMOUS_BACKUP_LIMIT = 10
/** As many as may live, so that all of them can be recovered when they were deleted by mistake. */
const ANONYMOUS_DELETED_LIMIT = ANONYMOUS_DATABASE_LIMIT

export interface RegisterDeps {
  db: Kysely<Tables>
  registrations: AddressLimiter
  /** Whether new anonymous accounts may be made. */
  anonymousRegistration: boolean
}

/** What opens an anonymous account by its secret. */
export interface OpenAccountDeps {
  db: Kysely<Tables>
  /** Limits how often an address may try a secret. */
  refreshes: AddressLimiter
}

export const anonymousRegister: Handler<typeof ROUTES.anonymousRegister, RegisterDeps> = async (
  { db, registrations, anonymousRegistration },
  { request, remember },
) => {
  if (!anonymousRegistration) {
    throw new ApiError('registration_closed', 'anonymous registration is switched off here')
  }
  takeOr429(registrations, request)

  const id = newId('customer', request.now)
  const anonymousId = newId('anonymous', request.now)
  const secret = `sk_anon_${randomBytes(32).toString('base64url')}`
  const secretHash = await sha256Hex(secret)

  return db.transaction().execute(async (trx) => {
    await trx
      .insertInto('customers')
      .values({
        id,
        kind: 'anonymous',
        status: 'active',
        database_limit: ANONYMOUS_DATABASE_LIMIT,
        backup_limit: ANONYMOUS_BACKUP_LIMIT,
        deleted_limit: ANONYMOUS_DELETED_LIMIT,
        anonymous_id: anonymousId,
        anonymous_secret_sha256: secretHash,
        created_at: new Date(request.now),
      })
      .execute()
    const action = { operation: 'create', resource: 'customer' } as const
    const session = await openSession(trx, { id, kind: 'anonymous' }, request, action)
    const body = {
      anonymous_id: anonymousId,
      anonymous_secret: secret,
      ...session,
      is_anonymous: true,
    } as const
    return remember(trx, { status: 201, body })
  })
}

/** Compared where there is no such account, so that the answer takes as long. */
const NO_SECRET = '0'.repeat(64)

/** The account that the secret opens. 401, the same for a wrong id and a wrong secret; 429 after many tries. */
export async function openAnonymousAccount(
  { db, refreshes }: OpenAccountDeps,
  request: RequestInfo,
  { anonymous_id, anonymous_secret }: { anonymous_id: string; anonymous_secret: string },
): Promise<{ id: string }> {
  takeOr429(refreshes, request)
  const secretHash = await sha256Hex(anonymous_secret)
  const customer = await db
    .selectFrom('customers')
    .select(['id', 'anonymous_secret_sha256'])
    .where('anonymous_id', '=', isId('anonymous', anonymous_id) ? anonymous_id : '')
    .where('status', '=', 'active')
    .executeTakeFirst()
  const matches = timingSafeEqual(secretHash, customer?.anonymous_secret_sha256 ?? NO_SECRET)
  if (!customer || !matches) throw wrongSecret()
  return customer
}

/**
 * Locks an account that a secret has opened. 401 where it was claimed or deleted meanwhile: the secret opens it no more.
 */
export async function lockAnonymous(trx: Transaction<Tables>, customerId: string): Promise<void> {
  const { kind } = await lockAccount(trx, customerId)
  if (kind !== 'anonymous') throw wrongSecret()
}

export const anonymousRefresh: Handler<typeof ROUTES.anonymousRefresh, OpenAccountDeps> = async (
  deps,
  { body, request, remember },
) => {
  const { anonymous_id, anonymous_secret } = body
  const { id } = await openAnonymousAccount(deps, request, { anonymous_id, anonymous_secret })
  return deps.db.transaction().execute(async (trx) => {
    await lockAnonymous(trx, id)
    const action = { operation: 'refresh', resource: 'token' } as const
    const session = await openSession(trx, { id, kind: 'anonymous' }, request, action)
    return remember(trx, { status: 200, body: session })
  })
}

function wrongSecret(): ApiError {
  return new ApiError('unauthorized', 'anonymous_id or anonymous_secret is not valid')
}
