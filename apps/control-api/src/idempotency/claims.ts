/** Claims of Idempotency-Keys: one request works under a key, and its reply is kept for the next. */
import { createHash } from 'node:crypto'
import { newId } from '@db9/types/ids'
import type { Expression, ExpressionBuilder, Kysely, SqlBool, Transaction } from 'kysely'
import type { AssociatedData, Encryption } from '../encryption.ts'
import { ApiError } from '../errors.ts'
import type { Reply } from '../http/reply.ts'
import type { Tables } from '../metadata/tables.ts'

/** How long a reply is kept for its key. */
const KEPT_MS = 24 * 3_600_000
/** Longer than any request takes, a migration of ten minutes too: the process of an older claim has ended. */
const LEASE_MS = 11 * 60_000
/** Of one account, or of one address without an account, within the time that they are kept. */
export const MOST_KEYS = 10_000

export interface ClaimDeps {
  db: Kysely<Tables>
  encryption: Encryption
  /** Milliseconds since the epoch. */
  clock: () => number
}

export interface IdempotentRequest {
  /** The customer's id, or the client's address where there is no account. */
  scope: { customerId: string } | { address: string }
  key: string
  /** Method, path, parsed body and the scoped token; the same key with another fingerprint is refused. */
  fingerprint: unknown
}

/** A claim that is held until it lapses, or until another request takes it over. */
export interface HeldClaim {
  id: string
  leaseUntil: Date
}

export type Claim = ({ kind: 'mine' } & HeldClaim) | { kind: 'replay'; reply: Reply }

/** Claims a key, or gives back the reply that it already has. 409 while it is in flight, 422 with another request. */
export async function claimKey(
  { db, encryption, clock }: ClaimDeps,
  request: IdempotentRequest,
): Promise<Claim> {
  const now = clock()
  const scope = 'customerId' in request.scope ? request.scope.customerId : `address:${request.scope.address}`
  const claim = {
    id: newId('request', now),
    request_sha256: createHash('sha256').update(JSON.stringify(request.fingerprint)).digest('hex'),
    status: 'started',
    lease_until: new Date(now + LEASE_MS),
    response_status: null,
    response_body: null,
    created_at: new Date(now),
  } as const

  await requireRoom(db, { scope, key: request.key, now })
  const claimed = await db
    .insertInto('idempotency_keys')
    .values({ scope, key: request.key, ...claim })
    .onConflict((conflict) =>
      conflict
        .columns(['scope', 'key'])
        .doUpdateSet((eb) => ({
          ...claim,
          // The jobs of an earlier run of a batch name the claim by its id.
          id: eb
            .case()
            .when(eb.and([isKept(eb, now), ofBatch(eb)]))
            .then(eb.ref('idempotency_keys.id'))
            .else(claim.id)
            .end(),
        }))
        .where((eb) =>
          eb.or([
            eb.not(isKept(eb, now)),
            eb.and([
              eb('idempotency_keys.status', '=', 'started'),
              eb('idempotency_keys.lease_until', '<=', new Date(now)),
              eb('idempotency_keys.request_sha256', '=', claim.request_sha256),
              eb.not(isOwed(eb)),
            ]),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst()
  if (claimed) return { kind: 'mine', id: claimed.id, leaseUntil: claim.lease_until }

  const held = await db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('scope', '=', scope)
    .where('key', '=', request.key)
    .executeTakeFirst()
  if (held && held.request_sha256 !== claim.request_sha256) {
    throw new ApiError(
      'idempotency_mismatch',
      'this Idempotency-Key was used with another request, or with another token',
    )
  }
  if (held?.status !== 'done' || held.response_status === null || held.response_body === null) {
    throw new ApiError('idempotency_in_flight', 'a request with this Idempotency-Key is in flight', {
      retryAfter: 1,
    })
  }
  const body = encryption.open(held.response_body, placeOf(held.id))
  return { kind: 'replay', reply: { status: held.response_status, body: JSON.parse(body) } }
}

/** 429 where the account has as many keys as are kept for it. A key that it has already takes no more room. */
async function requireRoom(
  db: Kysely<Tables>,
  { scope, key, now }: { scope: string; key: string; now: number },
): Promise<void> {
  const { others } = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('idempotency_keys')
        .select('id')
        .where('scope', '=', scope)
        .where('key', '<>', key)
        .limit(MOST_KEYS)
        .as('kept'),
    )
    .select((eb) => eb.fn.countAll<string>().as('others'))
    .executeTakeFirstOrThrow()
  if (Number(others) < MOST_KEYS) return
  const oldest = await db
    .selectFrom('idempotency_keys')
    .select((eb) => eb.fn.min('created_at').as('at'))
    .where('scope', '=', scope)
    .executeTakeFirstOrThrow()
  const until = (oldest.at?.getTime() ?? now) + KEPT_MS
  throw new ApiError(
    'rate_limited',
    `the account has used ${MOST_KEYS} Idempotency-Keys within a day; send the request without one, or later`,
    { retryAfter: Math.max(60, Math.ceil((until - now) / 1000)) },
  )
}

/**
 * Stores the reply for the claim, once: a stored reply stays. With `leaseUntil`, only where no other
 * request has taken the claim over since.
 */
export async function storeReply(
  db: Kysely<Tables> | Transaction<Tables>,
  encryption: Encryption,
  { id, leaseUntil, reply }: { id: string; leaseUntil?: Date; reply: Reply },
): Promise<void> {
  const update = db
    .updateTable('idempotency_keys')
    .set({
      status: 'done',
      response_status: reply.status,
      response_body: encryption.seal(JSON.stringify(reply.body), placeOf(id)),
    })
    .where('id', '=', id)
    .where('status', '=', 'started')
  await (leaseUntil ? update.where('lease_until', '=', leaseUntil) : update).execute()
}

/**
 * Gives a claim up without a reply, so that the request may be sent again; not while a job owes it one. The claim of a
 * batch that has begun stays for the request that is sent again.
 */
export async function releaseClaim(
  { db, clock }: Pick<ClaimDeps, 'db' | 'clock'>,
  id: string,
): Promise<void> {
  await giveUp(db, clock(), (eb) => eb('idempotency_keys.id', '=', id))
}

/** Gives a claim up in the transaction that fails the job which owed it a reply. */
export async function dropClaim(trx: Transaction<Tables>, id: string): Promise<void> {
  await trx.deleteFrom('idempotency_keys').where('id', '=', id).where('status', '=', 'started').execute()
}

/**
 * At the start: claims of an earlier run, made before `before` (milliseconds), whose work left no job to finish it.
 * The request may be sent again.
 */
export async function releaseAbandonedClaims(
  { db, clock }: Pick<ClaimDeps, 'db' | 'clock'>,
  before: number,
): Promise<void> {
  await giveUp(db, clock(), (eb) => eb('idempotency_keys.created_at', '<', new Date(before)))
}

async function giveUp(
  db: Kysely<Tables>,
  now: number,
  which: (eb: ClaimExpressions) => Expression<SqlBool>,
): Promise<void> {
  const isGivenUp = (eb: ClaimExpressions) =>
    eb.and([eb('idempotency_keys.status', '=', 'started'), eb.not(isOwed(eb)), which(eb)])
  await db
    .updateTable('idempotency_keys')
    .set({ lease_until: new Date(now) })
    .where((eb) => eb.and([isGivenUp(eb), ofBatch(eb)]))
    .execute()
  await db
    .deleteFrom('idempotency_keys')
    .where((eb) => eb.and([isGivenUp(eb), eb.not(ofBatch(eb))]))
    .execute()
}

type ClaimExpressions = ExpressionBuilder<Tables, 'idempotency_keys'>

function isKept(eb: ClaimExpressions, now: number) {
  return eb('idempotency_keys.created_at', '>', new Date(now - KEPT_MS))
}

/** Whether a job runs that owes the claim its reply, or a part of it. */
function isOwed(eb: ClaimExpressions) {
  const operations = eb
    .selectFrom('operations')
    .select('operations.id')
    .where('operations.status', '=', 'running')
    .where((of) =>
      of.or([
        of('operations.idempotency_id', '=', of.ref('idempotency_keys.id')),
        of('operations.batch_id', '=', of.ref('idempotency_keys.id')),
      ]),
    )
  return eb.exists(operations)
}

/** Whether a batch has begun under the claim. */
function ofBatch(eb: ClaimExpressions) {
  const operations = eb
    .selectFrom('operations')
    .select('operations.id')
    .whereRef('operations.batch_id', '=', 'idempotency_keys.id')
  return eb.exists(operations)
}

/** Removes keys whose reply is kept no longer. */
export async function removeOldKeys({ db, clock }: Pick<ClaimDeps, 'db' | 'clock'>): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', new Date(clock() - KEPT_MS))
    .execute()
}

function placeOf(id: string): AssociatedData {
  return { table: 'idempotency_keys', column: 'response_body', id }
}
