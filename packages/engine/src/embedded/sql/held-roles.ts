/**
 * Roles of the owner that the service logs in as without their password: for connect keys and tokens, whose holder knows none.
 * Such a role is held: Postgres has a verifier of the service's for it, and the owner's own lies beside the data, by which
 * logins with the password go on being judged. The owner sees no difference, and a new password takes the role back
 * (docs/decisions/0019).
 */
import { readFileSync } from 'node:fs'
import { makeScramVerifier, parseVerifier } from '@db9/postgres/scram/verifier'
import pg, { type Client } from 'pg'
import { EngineError } from '../../errors.ts'
import { writeDurably } from '../cluster/files.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { RunningServer } from '../process/running-server.ts'
import { SERVICE_ROLES, type ServerLogins } from './logins.ts'
import { asSuperuser } from './superuser.ts'

const { escapeIdentifier } = pg

/** Tells a verifier of the service's from the owner's. Its password is random, so that the salt has nothing to hide. */
const SALT = Buffer.from('held by service ')
const ITERATIONS = 1
const LOCK_LIMIT = '2s'

/** The owner's verifiers of held roles, by the oid of the role: a role made anew under the same name is another one. */
type OwnVerifiers = Readonly<Record<string, string | null>>

interface RoleRow {
  oid: number
  verifier: string | null
}

const ROLE_SQL = `
  select oid, rolpassword as verifier from pg_authid
   where rolname = $1 and rolcanlogin and not rolsuper and rolname <> all($2)`

/** Whether a verifier in Postgres is the service's. */
export function isHeld(verifier: string | null): boolean {
  return verifier !== null && parseVerifier(verifier)?.salt.equals(SALT) === true
}

/** The owner's verifier of a role that is held; null where it had no password. */
export function ownVerifierOf(files: Pick<ServerFiles, 'heldRoles'>, oid: number): string | null {
  return readOwn(files)[oid] ?? null
}

/**
 * The password that the service logs in with as a role, which is held from then on; null where the role may not log in.
 * Called for one role of a server at a time.
 */
export function holdRole(server: RunningServer, files: ServerFiles, role: string): Promise<string | null> {
  return asSuperuser(server, 'template1', async (client) => {
    const found = await findRole(client, role)
    if (!found) return null
    const own = servicePassword(server.logins, found.oid)
    return found.verifier === own.verifier ? own.password : take(client, { server, files, role })
  })
}

async function findRole(client: Client, role: string): Promise<RoleRow | undefined> {
  const { rows } = await client.query<RoleRow>(ROLE_SQL, [role, SERVICE_ROLES])
  return rows[0]
}

/** The owner's verifier is kept durably before Postgres has the service's; meanwhile no role can change. */
async function take(
  client: Client,
  { server, files, role }: { server: RunningServer; files: ServerFiles; role: string },
): Promise<string | null> {
  const lock = `begin; set local lock_timeout = '${LOCK_LIMIT}'; lock table pg_authid in share row exclusive mode`
  await client.query(lock).catch((cause) => {
    throw new EngineError('unavailable', 'roles of the database are being changed; try again', { cause })
  })
  const found = await findRole(client, role)
  if (!found) return null
  const { oid, verifier } = found
  if (!isHeld(verifier)) await keepOwn(client, files, oid, verifier)
  const own = servicePassword(server.logins, oid)
  await client.query(`alter role ${escapeIdentifier(role)} password '${own.verifier}'; commit`)
  return own.password
}

/** With it go the entries of roles that are gone. */
async function keepOwn(
  client: Client,
  files: ServerFiles,
  oid: number,
  verifier: string | null,
): Promise<void> {
  const kept = readOwn(files)
  const { rows } = await client.query<{ oid: number }>(
    'select oid from pg_authid where oid = any($1::oid[])',
    [Object.keys(kept)],
  )
  const living = rows.map((row) => [row.oid, kept[row.oid] ?? null])
  await writeDurably(files.heldRoles, JSON.stringify(Object.fromEntries([...living, [oid, verifier]])))
}

function servicePassword(logins: ServerLogins, oid: number): { password: string; verifier: string } {
  const password = logins.password(`role ${oid}`)
  return { password, verifier: makeScramVerifier(password, { iterations: ITERATIONS, salt: SALT }) }
}

function readOwn({ heldRoles }: Pick<ServerFiles, 'heldRoles'>): OwnVerifiers {
  try {
    return JSON.parse(readFileSync(heldRoles, 'utf8')) as OwnVerifiers
  } catch {
    return {}
  }
}
