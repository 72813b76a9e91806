/** The rows of connect keys. */
import { sha256Hex } from '@db9/types/crypto'
import { isId, newId } from '@db9/types/ids'
import type { Kysely, Transaction } from 'kysely'
import { ApiError } from '../errors.ts'
import type { Credential } from '../logins/credential-verifiers.ts'
import type { ConnectKeyRow, Tables } from '../metadata/tables.ts'
import type { ConnectKeyValues } from './values.ts'

const MAX_LIVE_KEYS = 100

/** A new key's row and its value, which is not stored. `now` in milliseconds. */
export async function newConnectKeyRow(
  values: ConnectKeyValues,
  key: Pick<ConnectKeyRow, 'database_id' | 'name' | 'role' | 'scopes' | 'expires_at'>,
  now: number,
): Promise<{ row: ConnectKeyRow; value: string }> {
  const id = newId('connectKey', now)
  const value = await values.of(id)
  const sha256 = await sha256Hex(value)
  const row = { ...key, id, sha256, revoked_at: null, ended_at: null, created_at: new Date(now) }
  return { row, value }
}

/** The rows of keys that are good at the moment. */
function liveKeys(db: Kysely<Tables>, databaseId: string, now: number) {
  return db
    .selectFrom('connect_keys')
    .where('database_id', '=', databaseId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(now))]))
}

/** 422 where the database has as many live keys as it may. Its row must be locked, so that two inserts cannot take one place. */
export async function insertConnectKey(
  trx: Transaction<Tables>,
  row: ConnectKeyRow,
  now: number,
): Promise<void> {
  const { live } = await liveKeys(trx, row.database_id, now)
    .select((eb) => eb.fn.countAll<string>().as('live'))
    .executeTakeFirstOrThrow()
  if (Number(live) >= MAX_LIVE_KEYS)
    throw new ApiError(
      'unprocessable',
      `a database has at most ${MAX_LIVE_KEYS} live connect keys; revoke one first`,
    )
  await trx
    .insertInto('connect_keys')
    .values({ ...row, scopes: JSON.stringify(row.scopes) })
    .execute()
}

/** Marks a key as revoked; 404 where the database has none of this id. */
export async function markRevoked(
  trx: Transaction<Tables>,
  { databaseId, keyId, now }: { databaseId: string; keyId: string; now: number },
): Promise<Pick<ConnectKeyRow, 'id' | 'name'>> {
  const row = isId('connectKey', keyId)
    ? await trx
        .updateTable('connect_keys')
        .set({ revoked_at: new Date(now) })
        .where('id', '=', keyId)
        .where('database_id', '=', databaseId)
        .where('revoked_at', 'is', null)
        .returning(['id', 'name'])
        .executeTakeFirst()
    : undefined
  if (!row) throw new ApiError('not_found', 'connect key not found')
  return row
}

/** What the keys of a role are held against. A row whose hash is of another installation's value opens nothing. */
export async function connectKeyCredentials(
  { db, connectKeys }: { db: Kysely<Tables>; connectKeys: ConnectKeyValues },
  { databaseId, role, now }: { databaseId: string; role: string; now: number },
): Promise<Credential[]> {
  const rows = await liveKeys(db, databaseId, now).select(['id', 'sha256']).where('role', '=', role).execute()
  const secretOf = async (id: string, sha256: string) => {
    const value = await connectKeys.of(id)
    return (await sha256Hex(value)) === sha256 ? value : null
  }
  return rows.map(({ id, sha256 }) => ({ kind: 'connect_key', id, secret: () => secretOf(id, sha256) }))
}
