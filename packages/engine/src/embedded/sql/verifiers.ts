/**
 * The verifiers of a database's login roles, kept beside its data while it is asleep: a login is judged without a start
 * (docs/decisions/0012).
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { SCRAM_VERIFIER } from '@db9/postgres/scram/verifier'
import type { Client } from 'pg'
import type { RoleVerifier } from '../../contract/connect.ts'
import { syncFolder, writeDurably } from '../cluster/files.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { isHeld, ownVerifierOf } from './held-roles.ts'
import { SERVICE_ROLES } from './logins.ts'
import { asSuperuser } from './superuser.ts'

/** What a role logs in with. */
export interface LoginVerifier {
  verifier: string
  /** Milliseconds since the epoch; null: for ever. */
  validUntil: number | null
  /** Postgres has one of the service's in the place of this one. */
  held?: true
}

export type Verifiers = ReadonlyMap<string, LoginVerifier>

interface VerifierRow {
  oid: number
  role: string
  verifier: string | null
  valid_until: number | null
}

/** A database with more login roles is started to judge a login. */
const MOST_ROLES = 1_000
/** What a stop waits for the verifiers. */
const KEEP_LIMIT_MS = 2_000

const VERIFIERS_SQL = `
  select oid, rolname as role, rolpassword as verifier,
         case when isfinite(rolvaliduntil) then extract(epoch from rolvaliduntil)::float8 * 1000 end as valid_until
    from pg_authid
   where rolcanlogin and not rolsuper and rolpassword is not null and rolname <> all($1)`

/** The verifiers of those of the roles that may log in by password, as the running server has them. */
export async function askVerifiers(
  client: Client,
  files: ServerFiles,
  roles: readonly string[],
): Promise<Verifiers> {
  // No name holds a zero byte, and Postgres would refuse the question for all roles.
  const names = roles.filter((role) => !role.includes('\0'))
  const sql = `${VERIFIERS_SQL} and rolname = any($2)`
  const { rows } = await client.query<VerifierRow>(sql, [SERVICE_ROLES, names])
  return toVerifiers(rows, files)
}

/** The verifier of a role that may log in by password now, else null. */
export function verifierIn(verifiers: Verifiers, role: string, now: number): RoleVerifier | null {
  const found = verifiers.get(role)
  if (!found || (found.validUntil !== null && found.validUntil <= now)) return null
  return { verifier: found.verifier, held: found.held ?? false }
}

function toVerifiers(rows: VerifierRow[], files: ServerFiles): Verifiers {
  return new Map(
    rows.flatMap(({ oid, role, verifier: stored, valid_until }) => {
      const held = isHeld(stored)
      const verifier = held ? ownVerifierOf(files, oid) : stored
      return verifier !== null && SCRAM_VERIFIER.test(verifier)
        ? [[role, { verifier, validUntil: valid_until, ...(held && { held }) }] as const]
        : []
    }),
  )
}

/**
 * Stops a server by `stop` and keeps its verifiers: no role changes between the look at them and the server's end, since
 * the catalog of roles is locked until then. A server that does not answer is stopped without.
 */
export async function stopKeepingVerifiers(
  server: ServerAccess,
  files: ServerFiles,
  stop: () => Promise<void>,
): Promise<void> {
  const stopped = Promise.withResolvers<void>()
  const kept = Promise.withResolvers<void>()
  const over = new AbortController()
  let isLate = false
  const inSession = async (client: Client) => {
    await client.query(
      "begin; set local lock_timeout = '1s'; lock table pg_authid in share row exclusive mode",
    )
    const { rows } = await client.query<VerifierRow>(VERIFIERS_SQL, [SERVICE_ROLES])
    if (isLate) return
    await keepVerifiers(files, rows)
    kept.resolve()
    await stopped.promise
  }
  const keeping = asSuperuser(server, 'template1', inSession, { signal: over.signal }).catch(() => {})
  await Promise.race([kept.promise, keeping, sleep(KEEP_LIMIT_MS)])
  isLate = true
  try {
    await stop()
  } finally {
    stopped.resolve()
    over.abort()
    await keeping
  }
}

/** Keeps the verifiers of a server that is about to be stopped, and that no client uses. */
export async function keepVerifiersOf(client: Client, files: ServerFiles): Promise<void> {
  const { rows } = await client.query<VerifierRow>(VERIFIERS_SQL, [SERVICE_ROLES])
  await keepVerifiers(files, rows)
}

async function keepVerifiers(files: ServerFiles, rows: VerifierRow[]): Promise<void> {
  if (rows.length > MOST_ROLES) return
  await writeDurably(files.verifiers, JSON.stringify([...toVerifiers(rows, files)]))
}

/** The verifier of a database that was never started. Without it, lost in a crash, a login starts the database. */
export function writeFirstVerifier({ verifiers }: ServerFiles, role: string, verifier: string): void {
  const kept: [string, LoginVerifier][] = [[role, { verifier, validUntil: null }]]
  writeFileSync(verifiers, JSON.stringify(kept), { mode: 0o600 })
}

/** Those that were kept at the last stop; null where that stop was a crash, or the database was started since. */
export function readVerifiers({ verifiers }: Pick<ServerFiles, 'verifiers'>): Verifiers | null {
  try {
    return new Map(JSON.parse(readFileSync(verifiers, 'utf8')) as [string, LoginVerifier][])
  } catch {
    return null
  }
}

/** Called before a server lets clients in, which may change their passwords. Durable once it resolves. */
export async function forgetVerifiers({ verifiers, folder }: ServerFiles): Promise<void> {
  if (!existsSync(verifiers)) return
  rmSync(verifiers)
  await syncFolder(folder)
}
