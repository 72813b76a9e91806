/** Encrypts what must be read back: `v1.<iv>.<tag>.<ciphertext>`, AES-256-GCM, base64url. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** The place of a sealed value. It is authenticated, so that a value moved to another row or column does not open. */
export interface AssociatedData {
  table: string
  column: string
  id: string
}

export interface Encryption {
  seal(plaintext: string, place: AssociatedData): string
  /** Throws where the value was changed, moved, or sealed under another key. */
  open(sealed: string, place: AssociatedData): string
}

const VERSION = 'v1'
const IV_BYTES = 12

/** `keyHex` is 64 hex characters and lives outside the database. */
export function createEncryption(keyHex: string): Encryption {
  if (!/^[0-9a-f]{64}$/i.test(keyHex)) throw new TypeError('encryptionKey must be 64 hex characters')
  const key = Buffer.from(keyHex, 'hex')
  const toBytes = ({ table, column, id }: AssociatedData) =>
    Buffer.from(JSON.stringify([VERSION, table, column, id]))

  return {
    seal(plaintext, place) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(toBytes(place))
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return [VERSION, ...[iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join(
        '.',
      )
    },
    open(sealed, place) {
      const [version, iv, tag, ciphertext] = sealed.split('.')
      if (version !== VERSION || !iv || !tag || ciphertext === undefined)
        throw new Error('not a sealed value')
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), {
        authTagLength: 16,
      })
        .setAAD(toBytes(place))
        .setAuthTag(Buffer.from(tag, 'base64url'))
      return Buffer.concat([
        decipher.update(Buffer.from(ciphertext, 'base64url')),
        decipher.final(),
      ]).toString('utf8')
    },
  }
}
