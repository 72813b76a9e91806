/** SCRAM-SHA-256 verifiers: what Postgres stores of a password, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803). */
import { createHmac, randomBytes } from 'node:crypto'
import { deriveKeys, deriveKeysAsync, isStoredKey, type Salting, type ScramKeys, sha256 } from './keys.ts'

export interface ScramVerifier {
  iterations: number
  salt: Buffer
  storedKey: Buffer
  serverKey: Buffer
}

export interface VerifierOptions {
  /** RFC 7677's minimum, and Postgres' own default. */
  iterations?: number
  salt?: Uint8Array
}

const SALT_BYTES = 16
const KEY_BYTES = 32
const DEFAULT_ITERATIONS = 4096
/** The owner of a verifier chooses its iterations, and the service computes them. */
const MAX_ITERATIONS = 100_000

/** A verifier's form. Only what matches may stand in a statement: `ALTER ROLE` takes no bound values. */
export const SCRAM_VERIFIER =
  /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/]{8,}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/

/** The verifier of a password, so that the password itself reaches neither Postgres nor its log. */
export function makeScramVerifier(
  password: string,
  { iterations = DEFAULT_ITERATIONS, salt = randomBytes(SALT_BYTES) }: VerifierOptions = {},
): string {
  return toVerifier(deriveKeys(password, { salt, iterations }), { salt, iterations })
}

/** The same off the thread. */
export async function makeScramVerifierAsync(password: string, salting: Salting): Promise<string> {
  return toVerifier(await deriveKeysAsync(password, salting), salting)
}

function toVerifier({ clientKey, serverKey }: ScramKeys, { salt, iterations }: Salting): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(sha256(clientKey))}:${base64(serverKey)}`
}

/** Null where the text is no verifier. */
export function parseVerifier(text: string): ScramVerifier | null {
  const [, iterations, salt, storedKey, serverKey] = SCRAM_VERIFIER.exec(text) ?? []
  if (!iterations || !salt || !storedKey || !serverKey) return null
  const bytes = (base64: string) => Buffer.from(base64, 'base64')
  return {
    iterations: Number(iterations),
    salt: bytes(salt),
    storedKey: bytes(storedKey),
    serverKey: bytes(serverKey),
  }
}

/**
 * A verifier that no password opens, for users that do not exist: the salt stays the same for the same name, so that
 * the exchange does not tell whether there is such a user.
 */
export function mockVerifier(user: string, secret: Buffer): ScramVerifier {
  const salt = createHmac('sha256', secret).update(user).digest().subarray(0, SALT_BYTES)
  return {
    iterations: DEFAULT_ITERATIONS,
    salt,
    storedKey: randomBytes(KEY_BYTES),
    serverKey: randomBytes(KEY_BYTES),
  }
}

/** The keys of a password in clear where it is the verifier's, else null. Costs a key derivation: remember the answer. */
export async function keysOf(
  password: string,
  { iterations, salt, storedKey }: ScramVerifier,
): Promise<ScramKeys | null> {
  if (iterations < 1 || iterations > MAX_ITERATIONS) return null
  const keys = await deriveKeysAsync(password, { salt, iterations })
  return isStoredKey(storedKey, keys.clientKey) ? keys : null
}
