/** The keys that connect tokens are signed with: each signs for a time, and is published until its last token has expired. */
import { createPublicKey, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { AssociatedData, Encryption } from '../encryption.ts'
import type { SigningKeyRow, Tables } from '../metadata/tables.ts'

export const TOKEN_SECONDS = 900

const DAY_MS = 86_400_000
const SIGNS_MS = 30 * DAY_MS
/** Clocks of those who verify tokens may differ by so much. */
const SLACK_MS = 5 * 60_000
const PUBLISHED_MS = TOKEN_SECONDS * 1000 + SLACK_MS
/** Held while a new key is made; any constant of our own will do. */
const LOCK = 730_990_019

const generate = promisify(generateKeyPair)

export interface SigningKeyDeps {
  db: Kysely<Tables>
  encryption: Encryption
}

export interface SigningKey {
  id: string
  /** PKCS #8, PEM. */
  privateKey: string
}

/** The key that signs now. Where the last one's time is over, a new one is made. */
export async function currentSigningKey(deps: SigningKeyDeps, now: number): Promise<SigningKey> {
  const row = (await newestKey(deps.db, now)) ?? (await makeKey(deps, now))
  return { id: row.id, privateKey: deps.encryption.open(row.private_key, placeOf(row.id)) }
}

/** The public keys of all tokens that may be good, as JWKs. */
export async function publicKeys(db: Kysely<Tables>, now: number): Promise<JWK[]> {
  const rows = await db
    .selectFrom('connect_signing_keys')
    .select('public_jwk')
    .where('signs_until', '>', new Date(now - PUBLISHED_MS))
    .orderBy('signs_until', 'desc')
    .execute()
  return rows.map(({ public_jwk }) => public_jwk)
}

/** Of the sweep: keys whose tokens have all expired, and tokens that have. */
export async function removeExpired(db: Kysely<Tables>, now: number): Promise<void> {
  await db
    .deleteFrom('connect_signing_keys')
    .where('signs_until', '<=', new Date(now - PUBLISHED_MS))
    .execute()
  await db.deleteFrom('connect_tokens').where('expires_at', '<=', new Date(now)).execute()
}

function newestKey(db: Kysely<Tables>, now: number): Promise<SigningKeyRow | undefined> {
  return db
    .selectFrom('connect_signing_keys')
    .selectAll()
    .where('signs_until', '>', new Date(now))
    .orderBy('signs_until', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** One at a time: of requests that come together the first makes it. */
function makeKey({ db, encryption }: SigningKeyDeps, now: number): Promise<SigningKeyRow> {
  return db.transaction().execute(async (trx: Transaction<Tables>) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx)
    const made = await newestKey(trx, now)
    if (made) return made
    const { publicKey, privateKey } = await generate('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const jwk = createPublicKey(publicKey).export({ format: 'jwk' }) as JWK
    const id = await calculateJwkThumbprint(jwk)
    const row = {
      id,
      public_jwk: JSON.stringify({ ...jwk, kid: id, alg: 'RS256', use: 'sig' }),
      private_key: encryption.seal(privateKey, placeOf(id)),
      created_at: new Date(now),
      signs_until: new Date(now + SIGNS_MS),
    }
    return trx.insertInto('connect_signing_keys').values(row).returningAll().executeTakeFirstOrThrow()
  })
}

function placeOf(id: string): AssociatedData {
  return { table: 'connect_signing_keys', column: 'private_key', id }
}
