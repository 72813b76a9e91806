/**
 * The service's own logins of each server. Their passwords are derived from a key of the installation and a random salt of
 * the server, so that each server has passwords of its own and none has to be stored (docs/decisions/0010).
 */
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { READER } from '../cluster/bootstrap/reader.sql.ts'
import { SUPERUSER } from '../cluster/bootstrap/roles.sql.ts'
import { writeDurably } from '../cluster/files.ts'
import { LOGINS_FILE, type ServerFiles } from '../cluster/server-files.ts'

/** Login roles of a database that the service alone uses. */
export const SERVICE_ROLES = [SUPERUSER, 'authenticator', 'db9_admin', 'db9_service', READER] as const

/** Passwords of our roles on one server. */
export interface ServerLogins {
  password(role: string): string
}

/** What is kept beside a data directory, as JSON. */
interface LoginRecord {
  /** Hexadecimal. */
  salt: string
  /** The database it belongs to: a copy of the template's folder has the template's record at first. */
  of: string
}

const SALT_BYTES = 16
const KEY_BYTES = 32
/** A password of 256 random bits needs no stretching, and each connection would pay for it. */
export const ITERATIONS = 1

/** Derives passwords. The key itself is never shown or logged. */
export class LoginKey {
  readonly #key: Buffer

  /** `hex`: 32 bytes. */
  constructor(hex: string) {
    this.#key = Buffer.from(hex, 'hex')
    if (this.#key.length !== KEY_BYTES) throw new TypeError('a login key is 64 hexadecimal digits')
  }

  /** The logins of a server; null where it has none yet. */
  of({ logins }: Pick<ServerFiles, 'logins'>): ServerLogins | null {
    const record = readLogins(logins)
    return record && this.#with(record.salt)
  }

  /** Whether it has logins of its own, and not those of the template it was copied from. */
  areOwn({ logins, folder }: ServerFiles): boolean {
    return readLogins(logins)?.of === nameOf(folder)
  }

  /** New passwords, which no server has yet. `keep` makes them a server's own once it has them. */
  renew({ logins, folder }: ServerFiles): { logins: ServerLogins; keep(): Promise<void> } {
    const salt = randomBytes(SALT_BYTES).toString('hex')
    const record: LoginRecord = { salt, of: nameOf(folder) }
    return { logins: this.#with(salt), keep: () => writeDurably(logins, JSON.stringify(record)) }
  }

  #with(salt: string): ServerLogins {
    const password = (role: string) => createHmac('sha256', this.#key).update(`${salt} ${role}`).digest('hex')
    return { password }
  }
}

/** The logins of a server by the place of its folder, for tests and measurements. Throws where it has none. */
export function loginsIn(folder: string, loginKey: string): ServerLogins {
  const logins = new LoginKey(loginKey).of({ logins: join(folder, LOGINS_FILE) })
  if (!logins) throw new Error(`${folder} has no logins`)
  return logins
}

/** The folder of a staged copy is renamed to that of its database. */
function nameOf(folder: string): string {
  return basename(folder).split('.')[0] ?? ''
}

/** What Postgres keeps of a role's password: neither a statement nor a log ever holds the password itself. */
export function verifierOf(logins: ServerLogins, role: string): string {
  return makeScramVerifier(logins.password(role), { iterations: ITERATIONS })
}

/** Statements that give our roles of a database their passwords. */
export function passwordsSql(logins: ServerLogins): string {
  return SERVICE_ROLES.map((role) => `alter role ${role} password '${verifierOf(logins, role)}'`).join('; ')
}

function readLogins(path: string): LoginRecord | null {
  try {
    const { salt, of } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    return typeof salt === 'string' && typeof of === 'string' ? { salt, of } : null
  } catch {
    return null
  }
}
