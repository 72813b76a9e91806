/** The keys of SCRAM-SHA-256 and what derives them from a password (RFC 5802, section 3; RFC 7677). */
import { createHash, createHmac, pbkdf2, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { saslprep } from '@mongodb-js/saslprep'

/** What a client's proof has shown of its password: enough to log in with, where the verifier is the same. */
export interface ScramKeys {
  clientKey: Buffer
  serverKey: Buffer
}

export interface Salting {
  salt: Uint8Array
  iterations: number
}

const KEY_BYTES = 32
const derive = promisify(pbkdf2)

export function deriveKeys(password: string, { salt, iterations }: Salting): ScramKeys {
  return toKeys(pbkdf2Sync(prepared(password), salt, iterations, KEY_BYTES, 'sha256'))
}

/** The same off the thread, for iterations that another party has chosen. */
export async function deriveKeysAsync(password: string, { salt, iterations }: Salting): Promise<ScramKeys> {
  return toKeys(await derive(prepared(password), salt, iterations, KEY_BYTES, 'sha256'))
}

/** Whether the client key is the one whose hash a verifier holds. */
export function isStoredKey(storedKey: Buffer, clientKey: Buffer): boolean {
  return timingSafeEqual(sha256(clientKey), storedKey)
}

function toKeys(salted: Buffer): ScramKeys {
  return { clientKey: hmac(salted, 'Client Key'), serverKey: hmac(salted, 'Server Key') }
}

/** Postgres, too, takes a password as it is where SASLprep refuses it. */
function prepared(password: string): string {
  try {
    return saslprep(password)
  } catch {
    return password
  }
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

/** `clientKey` with `signature`, or the proof back to the client key. */
export function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, i) => byte ^ (other[i] ?? 0)))
}
