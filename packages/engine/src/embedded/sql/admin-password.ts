/** The password of `admin`, by its verifier. */
import { SCRAM_VERIFIER } from '@db9/postgres/scram/verifier'
import { EngineError } from '../../errors.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser } from './superuser.ts'

/** Throws `failed` for a text that is no verifier: it becomes part of a statement. */
export function requireVerifier(verifier: string): void {
  if (!SCRAM_VERIFIER.test(verifier)) throw new EngineError('failed', 'not a SCRAM-SHA-256 verifier')
}

export async function setAdminPassword(server: ServerAccess, verifier: string): Promise<void> {
  await asSuperuser(server, 'template1', (client) => client.query(`alter role admin password '${verifier}'`))
}

/** Ends the sessions that are logged in as admin, too: they may hold every connection but the superuser's own. */
export async function replaceAdminPassword(server: ServerAccess, verifier: string): Promise<void> {
  await setAdminPassword(server, verifier)
  await asSuperuser(server, 'template1', (client) =>
    client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'admin'`),
  )
}
