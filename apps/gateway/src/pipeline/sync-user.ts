/** Has `auth.users` follow verified JWTs, where the database asks for it: once for each user and each change of its claims. */

import { sha256Hex, toHex } from '@db9/types/crypto'
import { DATA_LOGINS } from '@db9/types/internal'
import type { Claims } from '../auth/claims.ts'
import type { ChargedKey } from '../keys/admission.ts'
import { logError } from '../log.ts'
import type { DataRequest } from './incoming.ts'
import type { Caller } from './service.ts'

/** How long a request waits for it at most. */
const TIMEOUT_MS = 5_000
/** After a failure, as where a trigger of the owner raises, the user's requests go on without for so long. */
const RETRY_MS = 10_000

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Of the token, not of the user: they differ from token to token. */
const OF_TOKEN: ReadonlySet<string> = new Set([
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'role',
  'session_id',
  'azp',
])
/** RFC 9562, section 6.6. */
const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8'

/** Before the request itself, so that what a trigger makes of a new user is there. It never refuses one. */
export async function syncUser(request: DataRequest, caller: Caller, key: ChargedKey): Promise<void> {
  const { config } = key.served
  if (!config.sync_users || caller.role !== 'authenticated') return
  const { syncedUsers, executor } = request.isolate
  const meta = userClaims(caller.claims)
  const name = await sha256Hex(`${config.database.id} ${String(caller.claims.iss)} ${JSON.stringify(meta)}`)
  const known = syncedUsers.get(name)
  if (known !== undefined && known > Date.now()) return
  syncedUsers.set(name, Number.POSITIVE_INFINITY)
  const { requestId, ctx } = request
  try {
    const statements = [
      { text: "SELECT pg_catalog.set_config('role', 'service_role', true)", params: [] },
      { text: 'SELECT auth.sync_user($1, $2, $3, $4)', params: await toParams(caller.claims, meta) },
    ]
    await executor.run(
      config.database.id,
      { readOnly: false, rollback: false, isolation: 'read committed', statements },
      {
        login: DATA_LOGINS.service,
        timeoutMs: TIMEOUT_MS,
        streamedColumn: null,
        requestId,
        waitUntil: (work) => ctx.waitUntil(work),
      },
    )
  } catch (error) {
    syncedUsers.set(name, Date.now() + RETRY_MS)
    logError(error, { request_id: requestId, route: 'sync_users', database_id: config.database.id })
  }
}

/**
 * What `raw_user_meta_data` holds: all that is said of the user, and the names that Supabase gives to name and picture.
 * Users can edit `user_metadata` themselves, so it stays in its place and gives at most those two.
 */
export function userClaims(claims: Claims): Claims {
  const { name, picture, user_metadata } = claims
  const own: Claims = typeof user_metadata === 'object' && user_metadata !== null ? { ...user_metadata } : {}
  const known = Object.entries(claims).filter(([claim]) => !OF_TOKEN.has(claim))
  const shown = Object.entries({
    full_name: name ?? own.full_name,
    avatar_url: picture ?? own.avatar_url,
  }).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries([...shown, ...known])
}

async function toParams(claims: Claims, meta: Claims): Promise<string[]> {
  const { sub, iss, email, email_verified } = claims
  const id = UUID.test(String(sub)) ? String(sub) : await stableUuid(String(iss), String(sub))
  // Cut off, it would be another address.
  const address = typeof email === 'string' && email.length <= 255 ? email : ''
  return [id, address, String(email_verified === true), JSON.stringify(meta)]
}

/** The same for a subject of an issuer whenever it comes: a UUID of version 5 in a namespace of the issuer. */
export async function stableUuid(issuer: string, subject: string): Promise<string> {
  return nameUuid(await nameUuid(URL_NAMESPACE, issuer), subject)
}

async function nameUuid(namespace: string, name: string): Promise<string> {
  const space = Uint8Array.from(namespace.replaceAll('-', '').match(/../g) ?? [], (hex) =>
    Number.parseInt(hex, 16),
  )
  const bytes = new Uint8Array([...space, ...new TextEncoder().encode(name)])
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes)).subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return toHex(hash).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
