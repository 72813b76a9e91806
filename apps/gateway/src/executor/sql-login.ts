/** The gateway's logins at the data proxy: SQL credentials, each minted once and renewed before it expires. */
import { mintSqlCredential } from '@db9/internal-api/sql-credential'
import type { HmacKey } from '@db9/types/crypto'
import type { DataLogin } from '@db9/types/internal'
import { Lru } from '../lru.ts'

const GOOD_FOR_SECONDS = 10 * 60
const RENEW_AFTER_SECONDS = 5 * 60

export interface SqlLogin {
  databaseId: string
  role: DataLogin
}

/** A name for a database and a login, for maps. */
export function nameOfLogin({ databaseId, role }: SqlLogin): string {
  return `${databaseId}.${role}`
}

/** A value for each login at a database that `make` derives from its credential, kept until the credential is renewed. */
export class SqlLogins<T> {
  readonly #kept = new Lru<{ value: T; renewAt: number }>(1_000)
  readonly #secret: HmacKey
  readonly #make: (login: SqlLogin, credential: string) => T

  constructor(secret: HmacKey, make: (login: SqlLogin, credential: string) => T) {
    this.#secret = secret
    this.#make = make
  }

  /** Null where the credential is to be renewed. Not a promise, so that a warm request waits for nothing. */
  find(login: SqlLogin): T | null {
    const kept = this.#kept.get(nameOfLogin(login))
    return kept && Date.now() / 1000 < kept.renewAt ? kept.value : null
  }

  async renew(login: SqlLogin): Promise<T> {
    const now = Math.floor(Date.now() / 1000)
    const credential = { ...login, expiresAt: now + GOOD_FOR_SECONDS }
    const value = this.#make(login, await mintSqlCredential(credential, this.#secret))
    this.#kept.set(nameOfLogin(login), { value, renewAt: now + RENEW_AFTER_SECONDS })
    return value
  }
}
