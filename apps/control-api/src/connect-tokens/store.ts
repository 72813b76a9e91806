/** The rows of connect tokens, which live for minutes. */
import type { Kysely, Transaction } from 'kysely'
import type { AssociatedData, Encryption } from '../encryption.ts'
import { ApiError } from '../errors.ts'
import type { Credential } from '../logins/credential-verifiers.ts'
import type { Tables } from '../metadata/tables.ts'

const MAX_LIVE_TOKENS = 100

export interface NewToken {
  id: string
  databaseId: string
  role: string
  token: string
  expiresAt: Date
  /** Milliseconds since the epoch. */
  now: number
}

/** 429 where the database has as many live tokens as it may. Its row must be locked, so that two cannot take one place. */
export async function insertToken(
  trx: Transaction<Tables>,
  encryption: Encryption,
  { id, databaseId, role, token, expiresAt, now }: NewToken,
): Promise<void> {
  await trx
    .deleteFrom('connect_tokens')
    .where('database_id', '=', databaseId)
    .where('expires_at', '<=', new Date(now))
    .execute()
  const { live, first } = await trx
    .selectFrom('connect_tokens')
    .select((eb) => [eb.fn.countAll<string>().as('live'), eb.fn.min('expires_at').as('first')])
    .where('database_id', '=', databaseId)
    .executeTakeFirstOrThrow()
  if (Number(live) >= MAX_LIVE_TOKENS)
    throw new ApiError(
      'rate_limited',
      `a database has at most ${MAX_LIVE_TOKENS} connect tokens that have not expired; use one for several sessions, or a connect key`,
      { retryAfter: Math.max(1, Math.ceil((new Date(first).getTime() - now) / 1000)) },
    )
  await trx
    .insertInto('connect_tokens')
    .values({
      id,
      database_id: databaseId,
      role,
      token: encryption.seal(token, placeOf(id)),
      expires_at: expiresAt,
      created_at: new Date(now),
    })
    .execute()
}

/** What the tokens of a role are held against. */
export async function connectTokenCredentials(
  { db, encryption }: { db: Kysely<Tables>; encryption: Encryption },
  { databaseId, role, now }: { databaseId: string; role: string; now: number },
): Promise<Credential[]> {
  const rows = await db
    .selectFrom('connect_tokens')
    .select(['id', 'token'])
    .where('database_id', '=', databaseId)
    .where('role', '=', role)
    .where('expires_at', '>', new Date(now))
    .execute()
  return rows.map(({ id, token }) => ({
    kind: 'connect_token',
    id,
    secret: async () => encryption.open(token, placeOf(id)),
  }))
}

function placeOf(id: string): AssociatedData {
  return { table: 'connect_tokens', column: 'token', id }
}
