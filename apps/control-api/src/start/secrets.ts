/** The installation's secrets and the owner's token, in private files. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '@db9/process/private-file'
import { StartError } from '@db9/process/start-error'
import { parse, stringify } from 'smol-toml'

/** What this installation keeps to itself, made at its first start. None of it is ever printed. */
export interface InstallSecrets {
  /** Signs what the parts ask of each other. */
  internal: string
  /** Key of the MAC in every publishable, connect and service key. */
  key: string
  /** AES-256 key of what must be read back, hex. */
  encryption: string
  /** What the passwords of the service's own Postgres logins are derived from, hex. */
  logins: string
}

/** Without the old one, what it opens is lost. */
const KEPT = ['internal', 'key', 'encryption'] as const
/** Made anew where the file of an earlier release lacks them: servers are then given new passwords. */
const RENEWABLE = ['logins'] as const
const NAMES = [...KEPT, ...RENEWABLE]

/** Secrets that the other parts have too, where the environment holds them. */
export interface GivenSecrets {
  internal?: string | null
  key?: string | null
}

/**
 * Reads `<home>/secrets.toml`, or makes it (mode 0600). Without the old file, what was encrypted under it is lost. Given
 * secrets hold instead of those of the file, and are not written to it.
 */
export function loadSecrets(home: string, given: GivenSecrets = {}): InstallSecrets {
  const { internal, key, ...kept } = readSecrets(home)
  return { ...kept, internal: given.internal ?? internal, key: given.key ?? key }
}

function readSecrets(home: string): InstallSecrets {
  const path = secretsPath(home)
  if (!existsSync(path)) writeSecrets(path, makeSecrets(NAMES))
  const table = parse(readFileSync(path, 'utf8'))
  const added = RENEWABLE.filter((name) => table[name] === undefined)
  if (added.length > 0) writeSecrets(path, Object.assign(table, makeSecrets(added)))
  const missing = NAMES.filter(
    (name) => typeof table[name] !== 'string' || !/^[0-9a-f]{64}$/.test(String(table[name])),
  )
  if (missing.length > 0) {
    throw new StartError(
      `${path} lacks ${missing.join(', ')}. Restore the file from a copy; its data needs it.`,
    )
  }
  return Object.fromEntries(NAMES.map((name) => [name, String(table[name])])) as Record<
    keyof InstallSecrets,
    string
  >
}

function makeSecrets(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, randomBytes(32).toString('hex')]))
}

function writeSecrets(path: string, table: object): void {
  const heading = '# Secrets of this db9 installation. Keep this file with its data folder.'
  writePrivateFile(path, `${heading}\n${stringify(table)}`)
}

export function secretsPath(home: string): string {
  return join(home, 'secrets.toml')
}

export function credentialsPath(home: string): string {
  return join(home, 'credentials')
}

/** The owner's API token, or null before the first start and where the file was removed. */
export function readOwnerToken(home: string): string | null {
  const path = credentialsPath(home)
  if (!existsSync(path)) return null
  const { token } = parse(readFileSync(path, 'utf8'))
  return typeof token === 'string' && token !== '' ? token : null
}

export function writeOwnerToken(home: string, token: string): void {
  writePrivateFile(credentialsPath(home), stringify({ token }))
}
