/**
 * SQL credentials: what the gateway sends as the password of `<database_id>.authenticator`, an HMAC-SHA-256 under the
 * installation's secret. A credential names the database, the role and its end, so that the proxy checks it without a lookup.
 */
import { fromBase64Url, type HmacKey, hmac, timingSafeEqual, toBase64Url } from '@db9/types/crypto'

const CREDENTIAL_PREFIX = 'db9sql1.'

export interface SqlCredential {
  databaseId: string
  role: string
  /** Unix seconds. */
  expiresAt: number
}

/** Mints the password that opens `<databaseId>.<role>` at the data proxy until `expiresAt`. */
export async function mintSqlCredential(credential: SqlCredential, key: HmacKey): Promise<string> {
  const payload = toBase64Url(
    new TextEncoder().encode(JSON.stringify([credential.databaseId, credential.role, credential.expiresAt])),
  )
  return `${CREDENTIAL_PREFIX}${payload}.${toBase64Url(await hmac(key, CREDENTIAL_PREFIX + payload))}`
}

/** Whether a password has the form of an SQL credential (and so is never tried as a password). */
export function looksLikeSqlCredential(password: string): boolean {
  return password.startsWith(CREDENTIAL_PREFIX)
}

/** What a password grants, or null where it is forged, malformed or over. `now` is in milliseconds. */
export async function verifySqlCredential(
  password: string,
  key: HmacKey,
  now: number = Date.now(),
): Promise<SqlCredential | null> {
  const [payload, mac, extra] = password.slice(CREDENTIAL_PREFIX.length).split('.')
  if (!looksLikeSqlCredential(password) || !payload || !mac || extra !== undefined) return null
  if (!timingSafeEqual(mac, toBase64Url(await hmac(key, CREDENTIAL_PREFIX + payload)))) return null
  const bytes = fromBase64Url(payload)
  if (!bytes) return null
  const [databaseId, role, expiresAt] = JSON.parse(new TextDecoder().decode(bytes)) as [
    string,
    string,
    number,
  ]
  return expiresAt * 1000 > now ? { databaseId, role, expiresAt } : null
}
