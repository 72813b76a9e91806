/** What the tests of this package share: a folder that all may pass through, and sessions on a database's socket. */
import { chmodSync, mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import pg from 'pg'
import type { KnownData } from '../contract/inventory.ts'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import type { ServerAccess } from '../embedded/process/running-server.ts'
import { loginsIn, type ServerLogins } from '../embedded/sql/logins.ts'

/** Of no installation. */
export const loginKey = '5a'.repeat(32)

export const adminVerifier = makeScramVerifier('secret')

/** What the metadata knows where it knows these databases alone. */
export function knowing(live: string[]): KnownData {
  return {
    live: new Set(live),
    retained: new Set(),
    staged: new Set(),
    backups: new Set(),
    osUids: new Set(),
  }
}

/** A folder that the servers' own user can pass through, for the test to remove. */
export function makeOpenFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'db9-engine-'))
  chmodSync(folder, 0o755)
  return folder
}

export interface SessionOptions {
  user?: string
  /** Left out: admin's, or that of our own login role. */
  password?: string
  database?: string
  options?: string
}

export async function clientOf(
  engine: EmbeddedEngine,
  id: string,
  { user = 'admin', password, database = 'postgres', options = '' }: SessionOptions = {},
): Promise<pg.Client> {
  const { address } = await engine.connect(id)
  if (address.kind !== 'unix') throw new Error('not a unix socket')
  // Our own roles have their passwords since the first start.
  const given = password ?? passwordOf(engine, id, user)
  const client = new pg.Client({ host: dirname(address.path), user, password: given, database, options })
  client.on('error', () => {})
  await client.connect()
  return client
}

function passwordOf({ dataFolder }: EmbeddedEngine, id: string, user: string): string {
  if (user === 'admin') return 'secret'
  return loginsOf(dataFolder, id).password(user)
}

/** Those of our own roles on a server. */
export function loginsOf(dataFolder: string, name: string): ServerLogins {
  return loginsIn(join(dataFolder, name), loginKey)
}

/** What a session of the superuser needs. */
export async function accessTo(engine: EmbeddedEngine, id: string): Promise<ServerAccess> {
  const { address } = await engine.connect(id)
  if (address.kind !== 'unix') throw new Error('not a unix socket')
  return { socketFolder: dirname(address.path), logins: loginsOf(engine.dataFolder, id) }
}

/** Bytes of all files below a folder. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0)
}

/** Rows as arrays. */
export async function query(engine: EmbeddedEngine, id: string, text: string, session?: SessionOptions) {
  const client = await clientOf(engine, id, session)
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

/** The version of the catalog, as the data plane reads it. */
export async function catalogVersion(engine: EmbeddedEngine, id: string): Promise<number> {
  const [row] = await query(engine, id, 'select sum(n)::int from db9.ddl', { user: 'authenticator' })
  return row?.[0] as number
}

/** An epoch is the server's pid and start time. */
export function pidOf(epoch: string): number {
  return Number(epoch.split('-')[0])
}

export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; !condition(); ) {
    if (Date.now() > end) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
