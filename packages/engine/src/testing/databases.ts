/** What the tests of this package share: a folder that all may pass through, and sessions on a database's socket. */
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { DatabaseEngine, KnownData } from '../engine.ts'
import { makeScramVerifier } from '../scram.ts'

export const adminVerifier = makeScramVerifier('secret')

/** What the metadata knows where it knows these databases alone. */
export function knowing(live: string[]): KnownData {
  return { live: new Set(live), retained: new Set(), drafts: new Set(), backups: new Set() }
}

/** A folder that the servers' own user can pass through, for the test to remove. */
export function makeOpenFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'db9-engine-'))
  chmodSync(folder, 0o755)
  return folder
}

export interface SessionOptions {
  user?: string
  database?: string
  options?: string
}

export async function clientOf(
  engine: DatabaseEngine,
  id: string,
  { user = 'admin', database = 'postgres', options = '' }: SessionOptions = {},
): Promise<pg.Client> {
  const { address } = await engine.connect(id)
  if (address.kind !== 'unix') throw new Error('not a unix socket')
  const client = new pg.Client({ host: dirname(address.path), user, database, options })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Rows as arrays. */
export async function query(engine: DatabaseEngine, id: string, text: string, session?: SessionOptions) {
  const client = await clientOf(engine, id, session)
  try {
    return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
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
