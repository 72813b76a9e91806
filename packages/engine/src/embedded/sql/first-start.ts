/**
 * What a database is given at its first start: admin's verifier and passwords of our own roles, in the place of the
 * template's. A create only writes it down, so that it starts no server; the first start gives it before clients get in.
 */
import { readFileSync, rmSync } from 'node:fs'
import { SCRAM_VERIFIER } from '@db9/postgres/scram/verifier'
import { writeDurably } from '../cluster/files.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { RunningServer } from '../process/running-server.ts'
import { type LoginKey, passwordsSql } from './logins.ts'
import { asSuperuser } from './superuser.ts'
import { writeFirstVerifier } from './verifiers.ts'

export interface FirstStart {
  adminVerifier: string
}

/** Durable once it resolves. Until the first start, logins of admin are judged by the verifier beside the data. */
export async function writeFirstStart(files: ServerFiles, first: FirstStart): Promise<void> {
  writeFirstVerifier(files, 'admin', first.adminVerifier)
  await writeDurably(files.firstStart, JSON.stringify(first))
}

/** Null for a database that was started before. */
export function readFirstStart({ firstStart }: Pick<ServerFiles, 'firstStart'>): FirstStart | null {
  try {
    const { adminVerifier } = JSON.parse(readFileSync(firstStart, 'utf8')) as Record<string, unknown>
    return typeof adminVerifier === 'string' && SCRAM_VERIFIER.test(adminVerifier) ? { adminVerifier } : null
  } catch {
    return null
  }
}

/**
 * Gives a running server its first passwords, once. A crash between the statements and the note of them is found at the next
 * start, whose session is refused by its password.
 */
export async function giveFirstPasswords(
  server: RunningServer,
  { files, first, key }: { files: ServerFiles; first: FirstStart; key: LoginKey },
): Promise<void> {
  const { logins, keep } = key.renew(files)
  await asSuperuser(server, 'template1', (client) =>
    client.query(`alter role admin password '${first.adminVerifier}'; ${passwordsSql(logins)}`),
  )
  server.logins = logins
  // `keep` makes the removal durable, too: given again later, the verifier would undo a change of the password.
  rmSync(files.firstStart)
  await keep()
}
