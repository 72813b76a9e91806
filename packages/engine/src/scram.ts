import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

const ITERATIONS = 4096
const SALT_BYTES = 16

/**
 * The SCRAM-SHA-256 verifier that Postgres stores for a password (RFC 5803; RFC 7677 for the iterations), so that the
 * password itself reaches neither Postgres nor its log. `password` is printable ASCII, which SASLprep leaves as it is.
 */
export function makeScramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

/** A verifier's form. Only what matches may stand in a statement: `ALTER ROLE` takes no bound values. */
export const SCRAM_VERIFIER =
  /^SCRAM-SHA-256\$\d{1,7}:[A-Za-z0-9+/]{8,}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/
