/** The gateway's logins at the data proxy: one SQL credential per database, minted once and renewed before it expires. */
import { mintSqlCredential } from '@db9/internal-api/sql-credential'
import type { HmacKey } from '@db9/types/crypto'
import { Lru } from '../lru.ts'

export const LOGIN = 'authenticator'
const GOOD_FOR_SECONDS = 10 * 60
const RENEW_AFTER_SECONDS = 5 * 60

/** A value for each database that `make` derives from its credential, kept until the credential is renewed. */
export class SqlLogins<T> {
  readonly #kept = new Lru<{ value: T; renewAt: number }>(1_000)
  readonly #secret: HmacKey
  readonly #make: (databaseId: string, credential: string) => T

  constructor(secret: HmacKey, make: (databaseId: string, credential: string) => T) {
    this.#secret = secret
    this.#make = make
  }

  /** Null where the credential is to be renewed. Not a promise, so that a warm request waits for nothing. */
  find(databaseId: string): T | null {
    const kept = this.#kept.get(databaseId)
    return kept && Date.now() / 1000 < kept.renewAt ? kept.value : null
  }

  async renew(databaseId: string): Promise<T> {
    const now = Math.floor(Date.now() / 1000)
    const credential = { databaseId, role: LOGIN, expiresAt: now + GOOD_FOR_SECONDS }
    const value = this.#make(databaseId, await mintSqlCredential(credential, this.#secret))
    this.#kept.set(databaseId, { value, renewAt: now + RENEW_AFTER_SECONDS })
    return value
  }
}
