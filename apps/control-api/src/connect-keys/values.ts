/** The values of connect keys. */
import { createHmac, hkdfSync } from 'node:crypto'
import type { HmacKey } from '@db9/types/crypto'
import { newKeyValue } from '@db9/types/keys'

const BYTES = 32

/**
 * What is secret in a key follows from its id and the installation's key, so that a verifier of it can be made for any salt
 * while the metadata have its hash alone (docs/decisions/0019).
 */
export class ConnectKeyValues {
  readonly #secret: Buffer
  readonly #keyMac: HmacKey

  constructor({ encryptionKey, keyMac }: { encryptionKey: string; keyMac: HmacKey }) {
    const key = Buffer.from(encryptionKey, 'hex')
    this.#secret = Buffer.from(hkdfSync('sha256', key, '', 'db9 connect keys', BYTES))
    this.#keyMac = keyMac
  }

  of(id: string): Promise<string> {
    const secretOf = (bytes: number) =>
      createHmac('sha256', this.#secret).update(id).digest().subarray(0, bytes)
    return newKeyValue('connectKey', id, this.#keyMac, secretOf)
  }
}
