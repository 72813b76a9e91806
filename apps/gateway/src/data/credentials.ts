/** The SQL credentials that the gateway logs in with at the data proxy: minted once per database and renewed in time. */
import { mintSqlCredential } from '@db9/internal-api/sql-credential'
import type { HmacKey } from '@db9/types/crypto'
import { Lru } from '../lru.ts'

export const LOGIN = 'authenticator'
const GOOD_FOR_SECONDS = 10 * 60
const RENEW_AFTER_SECONDS = 5 * 60

/** What is made once of a database's credential, by `make`, and kept until the credential is renewed. */
export class Credentials<T> {
  readonly #kept = new Lru<{ value: T; renewAt: number }>(1_000)
  readonly #secret: HmacKey
  readonly #make: (databaseId: string, credential: string) => T

  constructor(secret: HmacKey, make: (databaseId: string, credential: string) => T) {
    this.#secret = secret
    this.#make = make
  }

  /** Null where it is to be renewed: a request on the warm path has nothing to wait for. */
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
