/** Who sent a request, and what they may do. */
import type { Access } from '@db9/types'
import { sha256Hex } from '@db9/types/crypto'
import type { Kysely } from 'kysely'
import { findDatabase } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import type { DatabaseRow, Tables, TokenScope } from '../metadata/tables.ts'

/** The sender of a request, by a valid token. */
export interface Caller {
  customerId: string
  tokenId: string
  /** Of the account that owns the installation. */
  isOwner: boolean
  /** Null: the whole account. */
  scope: TokenScope | null
}

const TOKEN = /^[0-9a-f]{128}$/
const LAST_USED_STEP_MS = 60_000

/** The caller of an `Authorization: Bearer` header; 401 where the token is missing, unknown, expired or revoked. */
export async function authenticate(
  db: Kysely<Tables>,
  header: string | undefined,
  now: number,
): Promise<Caller> {
  const token = /^bearer +(\S+)$/i.exec(header ?? '')?.[1]
  if (token === undefined) throw new ApiError('unauthorized', 'a Bearer token is required')
  const row = TOKEN.test(token) ? await findLiveToken(db, await sha256Hex(token), now) : undefined
  if (!row) throw new ApiError('unauthorized', 'the token is not valid')
  if (!row.last_used_at || now - row.last_used_at.getTime() >= LAST_USED_STEP_MS) {
    const last_used_at = new Date(now)
    await db.updateTable('tokens').set({ last_used_at }).where('id', '=', row.id).execute()
  }
  return {
    customerId: row.customer_id,
    tokenId: row.id,
    isOwner: row.account_kind === 'owner',
    scope: row.scope,
  }
}

function findLiveToken(db: Kysely<Tables>, sha256: string, now: number) {
  return db
    .selectFrom('tokens')
    .innerJoin('customers', 'customers.id', 'tokens.customer_id')
    .select(['tokens.id', 'tokens.customer_id', 'tokens.scope', 'tokens.last_used_at'])
    .select('customers.kind as account_kind')
    .where('tokens.sha256', '=', sha256)
    .where('tokens.revoked_at', 'is', null)
    .where((eb) => eb.or([eb('tokens.expires_at', 'is', null), eb('tokens.expires_at', '>', new Date(now))]))
    .where('customers.status', '=', 'active')
    .executeTakeFirst()
}

/**
 * What a token may do with a database; null where the database is not in its scope. A scoped token only reads a protected
 * database: whatever writes could also drop, truncate, delete, or make a key that does.
 */
export function accessTo(
  { scope }: Pick<Caller, 'scope'>,
  database: Pick<DatabaseRow, 'id' | 'protected'>,
): 'full' | 'ro' | 'rw' | null {
  if (!scope) return 'full'
  const access = scope.databases.find(({ id }) => id === database.id)?.access ?? null
  return access === 'rw' && database.protected ? 'ro' : access
}

const ALLOWED = {
  read: ['full', 'rw', 'ro'],
  write: ['full', 'rw'],
  manage: ['full'],
} as const satisfies Partial<Record<Access, readonly string[]>>

export type DatabaseAccess = keyof typeof ALLOWED

/** 403 where a token is limited to some databases and the operation concerns the account. */
export function requireWholeAccount(caller: Caller): void {
  if (caller.scope)
    throw new ApiError('forbidden', 'the token is limited to some databases and cannot do this')
}

/** 403 for every account but the one that owns the installation. */
export function requireOwner(caller: Caller): void {
  requireWholeAccount(caller)
  if (!caller.isOwner) throw new ApiError('forbidden', 'this is for the owner of the installation')
}

/**
 * The caller's database by id or name. A database of another account is answered as one that does not exist: 404, with
 * the same body. 403 where the token's scope does not include a database of its own account.
 */
export async function authoriseDatabase(
  db: Kysely<Tables>,
  caller: Caller,
  { idOrName, access }: { idOrName: string; access: DatabaseAccess },
): Promise<DatabaseRow> {
  const database = await findDatabase(db, caller.customerId, idOrName)
  if (!database) throw new ApiError('not_found', 'database not found')
  const granted = accessTo(caller, database)
  if (!granted) throw new ApiError('forbidden', 'token does not have access to this database')
  if (!(ALLOWED[access] as readonly string[]).includes(granted)) {
    const reason =
      access === 'write'
        ? 'is read-only for this database'
        : 'cannot do this, which needs a token of the whole account'
    const why = database.protected ? '; the database is protected' : ''
    throw new ApiError('forbidden', `the token ${reason}${why}`)
  }
  return database
}
