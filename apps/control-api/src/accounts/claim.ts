/** The routes by which an identity owns an account: claim of an anonymous account, sign-in afterwards. */
import type { ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Kysely, Transaction } from 'kysely'
import { type AddressLimiter, takeOr429 } from '../address-limiter.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import type { Identity, IdTokens } from '../identity/id-tokens.ts'
import type { CustomerRow, Tables } from '../metadata/tables.ts'
import { revokeTokens } from '../tokens/store.ts'
import { openSession } from './sessions.ts'
import { lockAccount } from './store.ts'

export interface IdentityDeps {
  db: Kysely<Tables>
  idTokens: Pick<IdTokens, 'providers' | 'verify'>
  /** Limits how often an address may try a token. */
  refreshes: AddressLimiter
  tokenUses: Pick<TokenUses, 'revoke'>
  /** Live databases of a claimed account. */
  claimedDatabases: number
  /** Whether strangers may have databases here at all. */
  signUps: boolean
}

/** Of an identity: what the row of its account holds. */
const columnsOf = ({ issuer, subject, email }: Identity) => ({
  email,
  identity_issuer: issuer,
  identity_subject: subject,
})

const limitsOf = (databases: number) => ({
  database_limit: databases,
  backup_limit: 2 * databases,
  deleted_limit: databases,
})

/** The anonymous account becomes the identity's: what opened it before, its secret and its sessions, opens it no more. */
export const claimAccount: Handler<typeof ROUTES.claimAccount, IdentityDeps> = async (
  { db, idTokens, tokenUses, claimedDatabases },
  { caller, body, request, remember },
) => {
  const identity = await idTokens.verify(body.id_token, request.now)
  const { reply, ended } = await db.transaction().execute(async (trx) => {
    const account = await lockAccount(trx, caller.customerId)
    requireClaimable(account, identity)
    await trx
      .updateTable('customers')
      .set({ ...columnsOf(identity), kind: 'claimed', anonymous_secret_sha256: null })
      .$if(account.kind === 'anonymous', (update) => update.set(limitsOf(claimedDatabases)))
      .where('id', '=', account.id)
      .execute()
      .catch(toTaken)
    const ended = await revokeTokens(trx, account.id, request.now, 'session')
    const action = { operation: 'claim', resource: 'customer' } as const
    const session = await openSession(trx, { id: account.id, kind: 'claimed' }, request, action)
    const claimed = { id: account.id, email: identity.email, claimed: true, ...session } as const
    return { reply: await remember(trx, { status: 200 as const, body: claimed }), ended }
  })
  for (const tokenId of ended) tokenUses.revoke(tokenId)
  return reply
}

/** The owner of a claimed account may claim it again; another identity may not. */
function requireClaimable({ kind, ...account }: CustomerRow, { issuer, subject }: Identity): void {
  if (kind === 'owner')
    throw new ApiError('conflict', 'the account of the installation’s owner is not claimed')
  const isTheirs = account.identity_issuer === issuer && account.identity_subject === subject
  if (kind === 'claimed' && !isTheirs)
    throw new ApiError('conflict', 'the account was claimed by another identity')
}

const UNIQUE_VIOLATION = '23505'

function toTaken(error: unknown): never {
  if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error
  throw new ApiError(
    'identity_taken',
    'this identity has an account already: sign in to it by POST /customer/sso/callback, and move the databases there by ' +
      'POST /customer/adopt-anonymous-databases',
  )
}

/** A session of the account that the identity owns. */
export const signIn: Handler<typeof ROUTES.signIn, IdentityDeps> = async (
  deps,
  { body, request, remember },
) => {
  takeOr429(deps.refreshes, request)
  const identity = await deps.idTokens.verify(body.id_token, request.now)
  return deps.db.transaction().execute(async (trx) => {
    const isNew =
      deps.signUps && identity.maySignUp && (await insertAccount(trx, deps, identity, request.now))
    const account = await findByIdentity(trx, identity)
    if (!account)
      throw new ApiError(
        'registration_closed',
        'no account belongs to this identity: register an anonymous account and claim it',
      )
    await trx.updateTable('customers').set({ email: identity.email }).where('id', '=', account.id).execute()
    const action = isNew
      ? ({ operation: 'create', resource: 'customer' } as const)
      : ({ operation: 'refresh', resource: 'token' } as const)
    const session = await openSession(trx, { id: account.id, kind: 'claimed' }, request, action)
    return remember(trx, { status: 200, body: { id: account.id, email: identity.email, ...session } })
  })
}

/** An account of the identity where it has none. Returns whether it was made now. */
async function insertAccount(
  trx: Transaction<Tables>,
  { claimedDatabases }: IdentityDeps,
  identity: Identity,
  now: number,
): Promise<boolean> {
  const made = await trx
    .insertInto('customers')
    .values({
      id: newId('customer', now),
      kind: 'claimed',
      status: 'active',
      ...columnsOf(identity),
      ...limitsOf(claimedDatabases),
      created_at: new Date(now),
    })
    .onConflict((conflict) => conflict.columns(['identity_issuer', 'identity_subject']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return made !== undefined
}

/** Locked. A deleted account has no identity. */
function findByIdentity(trx: Transaction<Tables>, { issuer, subject }: Identity) {
  return trx
    .selectFrom('customers')
    .select('id')
    .where('identity_issuer', '=', issuer)
    .where('identity_subject', '=', subject)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** What a client needs to have an id_token made. */
export const getSignIn: Handler<typeof ROUTES.getSignIn, IdentityDeps> = async ({ idTokens, signUps }) => ({
  status: 200,
  body: {
    providers: idTokens.providers.map(({ issuer, audience, sign_up }) => ({
      issuer,
      audience,
      sign_up: sign_up && signUps,
    })),
  },
})
