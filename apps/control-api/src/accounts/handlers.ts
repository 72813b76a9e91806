/** The routes of accounts. */
import type { ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { Tables } from '../metadata/tables.ts'
import { anonymousRefresh, anonymousRegister, type OpenAccountDeps, type RegisterDeps } from './anonymous.ts'
import { claimAccount, getSignIn, type IdentityDeps, signIn } from './claim.ts'
import { type DeleteAccountDeps, deleteAccount } from './delete.ts'

export type AccountDeps = RegisterDeps & OpenAccountDeps & IdentityDeps & DeleteAccountDeps

const getMe: Handler<typeof ROUTES.getMe, { db: Kysely<Tables> }> = async ({ db }, { caller }) => {
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

export function accountHandlers(deps: AccountDeps) {
  return bind(deps, {
    getMe,
    anonymousRegister,
    anonymousRefresh,
    claimAccount,
    signIn,
    getSignIn,
    deleteAccount,
  })
}
