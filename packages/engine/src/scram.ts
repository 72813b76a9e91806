import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const SALT_BYTES = 16
const KEY_BYTES = 32

export interface ScramOptions {
  /** RFC 7677's minimum, and Postgres' own default. */
  iterations?: number
  salt?: Uint8Array
}

/**
 * The SCRAM-SHA-256 verifier that Postgres stores for a password (RFC 5803), so that the password itself reaches
 * neither Postgres nor its log. NFKC is what SASLprep does to any password of printable characters.
 */
export function makeScramVerifier(
  password: string,
  { iterations = 4096, salt = randomBytes(SALT_BYTES) }: ScramOptions = {},
): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, KEY_BYTES, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`
}

/** A verifier's form. Only what matches may stand in a statement: `ALTER ROLE` takes no bound values. */
export const SCRAM_VERIFIER =
  /^SCRAM-SHA-256\$\d{1,7}:[A-Za-z0-9+/]{8,}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/
