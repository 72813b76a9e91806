import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { saslprep } from '@mongodb-js/saslprep'
import { deriveKeys, type ScramKeys } from './scram-client.ts'

/** What Postgres stores of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803). */
export interface ScramVerifier {
  iterations: number
  salt: Buffer
  storedKey: Buffer
  serverKey: Buffer
}

export function parseVerifier(text: string): ScramVerifier | null {
  const match =
    /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]{44}):([A-Za-z0-9+/=]{44})$/.exec(text)
  const [, iterations, salt, storedKey, serverKey] = match ?? []
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
  const salt = createHmac('sha256', secret).update(user).digest().subarray(0, 16)
  return { iterations: 4096, salt, storedKey: randomBytes(32), serverKey: randomBytes(32) }
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest()

/** The server's side of one SCRAM-SHA-256 exchange without channel binding (RFC 5802, section 3), between its messages. */
export interface ScramChallenge {
  serverFirst: string
  /** The server's final message and the keys that the client's proof holds, where it does hold, else null. */
  finish(clientFinal: string): { serverFinal: string; keys: ScramKeys } | null
}

/** Answers the client's first message; null where it is malformed or asks for channel binding, which is not offered. */
export function challenge(
  clientFirst: string,
  verifier: ScramVerifier,
  nonce: string,
): ScramChallenge | null {
  const match = /^((?:n|y),(?:a=[^,]*)?,)((?:n=[^,]*),r=([\x21-\x2b\x2d-\x7e]+).*)$/.exec(clientFirst)
  const [, gs2Header, clientFirstBare, clientNonce] = match ?? []
  if (!gs2Header || !clientFirstBare || !clientNonce) return null
  const combined = clientNonce + nonce
  const serverFirst = `r=${combined},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`
  const binding = Buffer.from(gs2Header).toString('base64')

  return {
    serverFirst,
    finish: (clientFinal) => {
      const [, withoutProof, proofText] = /^(.*),p=([A-Za-z0-9+/=]{44})$/.exec(clientFinal) ?? []
      if (withoutProof !== `c=${binding},r=${combined}` || !proofText) return null
      const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`
      const signature = hmac(verifier.storedKey, authMessage)
      const proof = Buffer.from(proofText, 'base64')
      const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] ?? 0)))
      if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return null
      const { serverKey } = verifier
      const serverFinal = `v=${hmac(serverKey, authMessage).toString('base64')}`
      return { serverFinal, keys: { clientKey, serverKey } }
    },
  }
}

const deriveKey = promisify(pbkdf2)
/** A verifier is its owner's to choose, and its iterations are then ours to compute. */
const MAX_ITERATIONS = 100_000

/** The keys of a password in clear where it is the verifier's, else null. Costs a key derivation: remember the answer. */
export async function keysOf(
  password: string,
  { iterations, salt, storedKey }: ScramVerifier,
): Promise<ScramKeys | null> {
  if (iterations < 1 || iterations > MAX_ITERATIONS) return null
  const keys = deriveKeys(await deriveKey(prepared(password), salt, iterations, 32, 'sha256'))
  return timingSafeEqual(sha256(keys.clientKey), storedKey) ? keys : null
}

/** Postgres, too, takes a password as it is where SASLprep refuses it. */
function prepared(password: string): string {
  try {
    return saslprep(password)
  } catch {
    return password
  }
}
