/** Sessions of accounts: tokens that are given for a secret or for an id_token, and renewed by it. */
import type { Transaction } from 'kysely'
import { insertAudit } from '../audit/audit.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { Tables } from '../metadata/tables.ts'
import { forgetOldSessions, insertToken } from '../tokens/store.ts'

const SESSION_MS = 90 * 86_400_000

export interface Session {
  token: string
  expires_at: string
}

/** A new session of the account. The audit log names it as what did `action`. */
export async function openSession(
  trx: Transaction<Tables>,
  account: { id: string; kind: 'anonymous' | 'claimed' },
  request: RequestInfo,
  action:
    | { operation: 'create' | 'claim'; resource: 'customer' }
    | { operation: 'refresh'; resource: 'token' },
): Promise<Session> {
  const expiresAt = new Date(request.now + SESSION_MS)
  const token = await insertToken(trx, {
    customerId: account.id,
    kind: 'session',
    name: `${account.kind} session`,
    scope: null,
    expiresAt,
    now: request.now,
  })
  await forgetOldSessions(trx, account.id)
  const caller = { customerId: account.id, tokenId: token.id }
  const id = action.resource === 'token' ? token.id : account.id
  await insertAudit(trx, caller, request, { ...action, id })
  return { token: token.value, expires_at: expiresAt.toISOString() }
}
