/** Who a client is: names, passwords and the gateway's credentials. */
import { createHmac, hash, randomBytes } from 'node:crypto'
import { looksLikeSqlCredential, verifySqlCredential } from '@db9/internal-api/sql-credential'
import type { Credentials } from '@db9/postgres/scram/client'
import type { Salting, ScramKeys } from '@db9/postgres/scram/keys'
import { keysOf, mockVerifier, type ScramVerifier } from '@db9/postgres/scram/verifier'
import type { HmacKey } from '@db9/types/crypto'
import { isId, NO_DATABASE } from '@db9/types/ids'
import { READER, type VerifierReply } from '@db9/types/internal'
import { within } from '@db9/types/within'
import type { ControlClient } from '../control-client.ts'
import { loginFailed, ProxyError, unavailable } from '../errors.ts'
import { isDataLogin } from '../sessions/parameters.ts'
import { LoginLimiter, type LoginLimits, type LoginUnderWay } from './login-limits.ts'
import { AUTH_METHODS } from './methods/index.ts'
import type { Candidate, Opening } from './methods/method.ts'
import { password as byPassword } from './methods/password.ts'

/** `<database_id>.<role>`, split at the first dot: ids have none. */
export interface UserName {
  databaseId: string
  role: string
}

const MAX_NAME_BYTES = 63
/** The service's own roles and Postgres' predefined ones, never a client's login, but for the one that only reads; and what can be no name at all. */
const RESERVED = /^(?:db9_|pg_)|^postgres$|\0/

export function parseUserName(user: string): UserName | null {
  const dot = user.indexOf('.')
  const [databaseId, role] = [user.slice(0, dot), user.slice(dot + 1)]
  const isRole =
    role !== '' && Buffer.byteLength(role) <= MAX_NAME_BYTES && (role === READER || !RESERVED.test(role))
  return dot > 0 && isRole && isId('database', databaseId) ? { databaseId, role } : null
}

/** Whom a credential of the gateway names: one of its own logins, too, whose name no client may send. */
function toUserName({ databaseId, role }: UserName): UserName | null {
  if (!isDataLogin(role)) return parseUserName(`${databaseId}.${role}`)
  return isId('database', databaseId) ? { databaseId, role } : null
}

/** Who a request to the HTTP listener acts as. */
export interface Login extends UserName {
  /** Whether the gateway vouched for it by an SQL credential. */
  isGateway: boolean
  /** What its own sessions log in with; null for the gateway, which comes as a role of ours. */
  credentials: Credentials | null
}

const REMEMBER_MS = 60_000
const MAX_REMEMBERED = 10_000
const ANSWER_LIMIT_MS = 20_000

/** Asked for in the place of a name that holds no id: the answer takes as long as for an id that does not exist. */
const UNKNOWN_USER: UserName = { databaseId: NO_DATABASE, role: 'unknown' }

interface Remembered {
  login: Login
  until: number
}

/** A login that is begun and not judged yet. */
export interface PendingLogin {
  /** Of all its verifiers. */
  salting: Salting
  /** What a proof is held against; for a user that may not log in, one that no proof fits. */
  verifiers: readonly ScramVerifier[]
  /** What a proof has shown, null where it fits no verifier. Throws a `ProxyError` 28P01 where it opens nothing. */
  judge(proved: { verifier: ScramVerifier; keys: ScramKeys } | null): GrantedLogin
  /** To be called however it ended: one that was not judged has failed. */
  end(): void
}

/** A login whose proof held. */
export interface GrantedLogin {
  name: UserName
  opening: Opening
  /** The connect key or token that it was; null for a password. */
  credentialId: string | null
}

export interface LoginsOptions {
  control: ControlClient
  internalKey: HmacKey
  internalSecret: string
  limits: LoginLimits
  now?: () => number
}

/** Checks names and passwords: fully once, and then by a keyed digest for a minute, since a check derives a key. */
export class Logins {
  readonly #control: ControlClient
  readonly #internalKey: HmacKey
  readonly #now: () => number
  readonly #limiter: LoginLimiter
  /** Of the salts of unknown users, which stay the same as long as those of known ones: after a restart, too. */
  readonly #saltSecret: Buffer
  /** Of this process alone. Begins what is digested: digests are looked up here and never shown, so that no more than a prefix is needed. */
  readonly #digestKey = randomBytes(32).toString('base64')
  readonly #remembered = new Map<string, Remembered>()
  /** Full checks under way, by the same digests. */
  readonly #checks = new Map<string, Promise<Remembered>>()
  /** Lookups under way: however many log in at once as one role, its database is asked once. */
  readonly #lookups = new Map<string, Promise<VerifierReply>>()
  /** How often something was forgotten: a check that was under way then may have been held against what was before. */
  #forgotten = 0

  constructor({ control, internalKey, internalSecret, limits, now = Date.now }: LoginsOptions) {
    this.#control = control
    this.#internalKey = internalKey
    this.#saltSecret = createHmac('sha256', internalSecret).update('salts of unknown users').digest()
    this.#limiter = new LoginLimiter(limits, now)
    this.#now = now
  }

  /**
   * What a client's proof is held against. Asks the database only where it is awake. Throws a `ProxyError` 28000 where too many
   * logins have failed, 53300 where too many are under way.
   */
  async begin(user: string, address: string, methods = AUTH_METHODS): Promise<PendingLogin> {
    const name = parseUserName(user)
    const underWay = this.#limiter.begin({ address, databaseId: name?.databaseId ?? null })
    const mock = mockVerifier(user, this.#saltSecret)
    const reply = await this.#lookUp(name ?? UNKNOWN_USER, mock, underWay)
    const candidates: readonly Candidate[] = methods.flatMap((method) => method(reply))
    return {
      salting: candidates[0]?.verifier ?? mock,
      verifiers: candidates.length > 0 ? candidates.map(({ verifier }) => verifier) : [mock],
      judge: (proved) => {
        // Once more: many may have been begun at once.
        underWay.admit()
        const candidate = candidates.find(({ verifier }) => verifier === proved?.verifier)
        if (!proved || !candidate || !name) throw loginFailed(user)
        underWay.end('succeeded')
        const { credentialId, opening } = candidate
        return { name, opening: opening(proved.keys), credentialId }
      },
      end: () => underWay.end('failed'),
    }
  }

  /** What a session with the server is opened with. Wakes the database where that is the service's password. */
  async credentialsFor({ databaseId, role }: UserName, opening: Opening): Promise<Credentials> {
    if (opening.kind === 'keys') return { kind: 'keys', ...opening.keys }
    const reply = await within(ANSWER_LIMIT_MS, this.#control.login(databaseId, role), wokeTooLate)
    if (!reply) throw new ProxyError('3D000', 'there is no such database')
    if (reply.password === null)
      throw new ProxyError('28000', `role "${role}" does not exist or is not permitted to log in`)
    return { kind: 'password', password: reply.password }
  }

  async #lookUp(name: UserName, mock: Salting, underWay: LoginUnderWay): Promise<VerifierReply> {
    try {
      return await this.#askOnce(name, mock)
    } catch (error) {
      underWay.end('unjudged')
      throw error
    }
  }

  /** Throws a `ProxyError` 28P01, the same for an unknown database, an unknown role and a wrong password. */
  check(user: string, password: string, address: string): Promise<Login> {
    return this.#checkOnce(`${user}\0${password}`, () => this.#checkFully(user, password, address))
  }

  /** The login that an SQL credential of the gateway is good for by itself. Throws a `ProxyError` 28P01 at any other. */
  checkCredential(credential: string): Promise<Login> {
    return this.#checkOnce(credential, async () => {
      const granted = await verifySqlCredential(credential, this.#internalKey, this.#now())
      const name = granted && toUserName(granted)
      if (!granted || !name) throw loginFailed('')
      const until = Math.min(this.#now() + REMEMBER_MS, granted.expiresAt * 1000)
      return { login: { ...name, isGateway: true, credentials: null }, until }
    })
  }

  async #checkOnce(secret: string, checkFully: () => Promise<Remembered>): Promise<Login> {
    const digest = hash('sha256', this.#digestKey + secret, 'base64')
    const known = this.#remembered.get(digest)
    if (known && known.until > this.#now()) return known.login
    this.#remembered.delete(digest)
    const forgotten = this.#forgotten
    const check = this.#checks.get(digest) ?? checkFully().finally(() => this.#checks.delete(digest))
    this.#checks.set(digest, check)
    const checked = await check
    if (forgotten !== this.#forgotten) return checked.login
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size < MAX_REMEMBERED) break
      this.#remembered.delete(oldest)
    }
    this.#remembered.set(digest, checked)
    return checked.login
  }

  /** Forgets every login of a database: its passwords changed, or it is gone. */
  forget(databaseId: string): void {
    this.#forgotten++
    this.#checks.clear()
    for (const key of this.#lookups.keys()) {
      if (key.startsWith(`${databaseId}.`)) this.#lookups.delete(key)
    }
    for (const [digest, { login }] of this.#remembered) {
      if (login.databaseId === databaseId) this.#remembered.delete(digest)
    }
  }

  async #checkFully(user: string, password: string, address: string): Promise<Remembered> {
    const until = this.#now() + REMEMBER_MS
    if (looksLikeSqlCredential(password)) {
      const granted = await verifySqlCredential(password, this.#internalKey, this.#now())
      const name = granted && toUserName(granted)
      if (!granted || !name || user !== `${name.databaseId}.${name.role}`) throw loginFailed(user)
      return {
        login: { ...name, isGateway: true, credentials: null },
        until: Math.min(until, granted.expiresAt * 1000),
      }
    }
    const pending = await this.begin(user, address, [byPassword])
    try {
      const [verifier] = pending.verifiers
      const keys = verifier && (await keysOf(password, verifier))
      const { name, opening } = pending.judge(verifier && keys ? { verifier, keys } : null)
      const credentials = await this.credentialsFor(name, opening)
      return { login: { ...name, isGateway: false, credentials }, until }
    } finally {
      pending.end()
    }
  }

  #askOnce(name: UserName, mock: Salting): Promise<VerifierReply> {
    const key = `${name.databaseId}.${name.role}`
    const under = this.#lookups.get(key)
    if (under) return under
    const lookup = this.#ask(name, mock).finally(() => {
      if (this.#lookups.get(key) === lookup) this.#lookups.delete(key)
    })
    this.#lookups.set(key, lookup)
    return lookup
  }

  async #ask({ databaseId, role }: UserName, mock: Salting): Promise<VerifierReply> {
    const salting = { salt: Buffer.from(mock.salt).toString('base64'), iterations: mock.iterations }
    const asked = this.#control.verifier(databaseId, { role, salting })
    return (await within(ANSWER_LIMIT_MS, asked, wokeTooLate)) ?? NOTHING
  }
}

const NOTHING: VerifierReply = { verifier: null, held: false, credentials: [] }

function wokeTooLate(): never {
  throw unavailable('the database did not wake in time; try again')
}
