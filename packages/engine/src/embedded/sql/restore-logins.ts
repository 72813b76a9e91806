/**
 * Gives the service's own logins back what their sessions have changed. Postgres lets every role set its own password and settings,
 * so SQL that runs under one of our logins can shut out the service, or change what its later sessions mean.
 */
import { makeScramVerifier, parseVerifier } from '@db9/postgres/scram/verifier'
import pg, { type Client } from 'pg'
import { READER } from '../cluster/bootstrap/reader.sql.ts'
import { SUPERUSER } from '../cluster/bootstrap/roles.sql.ts'
import { ITERATIONS, SERVICE_ROLES, type ServerLogins, verifierOf } from './logins.ts'

const { escapeIdentifier } = pg

/** A login as the server has it. Small whatever its sessions have set: neither its password nor its settings are read whole. */
export interface FoundLogin {
  name: string
  /** Cut to a length that no verifier of ours has. */
  verifier: string | null
  /** Its settings are not those that it was made with. */
  hasOtherSettings: boolean
}

/** Only the superuser can change itself. */
const CHANGEABLE = SERVICE_ROLES.filter((role) => role !== SUPERUSER)
/** As `READER_LOGIN_SQL` makes it; the others have none. */
const READER_SETTING = 'default_transaction_read_only'

/** An expression of a query: a JSON array of `FoundLogin`. */
export const FOUND_LOGINS_SQL = `
  coalesce((select json_agg(json_build_object(
      'name', r.rolname,
      'verifier', left(r.rolpassword, 200),
      'hasOtherSettings',
        coalesce((select s.setconfig from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase = 0), '{}')
          <> case r.rolname when '${READER}' then '{${READER_SETTING}=on}'::text[] else '{}' end
        or exists (select from pg_db_role_setting s where s.setrole = r.oid and s.setdatabase <> 0)))
    from pg_authid r where r.rolname in (${CHANGEABLE.map((role) => `'${role}'`).join(', ')})), '[]')`

/** Looks and, where something was changed, restores it. */
export async function restoreLogins(client: Client, logins: ServerLogins): Promise<void> {
  const { rows } = await client.query<{ found: FoundLogin[] }>(`select ${FOUND_LOGINS_SQL} as found`)
  await restoreFound(client, logins, rows[0]?.found ?? [])
}

/** Nothing is sent where all is as it was made. ALTER ROLE runs no code of an owner: no event trigger fires for it. */
export async function restoreFound(
  client: Client,
  logins: ServerLogins,
  found: readonly FoundLogin[],
): Promise<void> {
  const statements: string[] = []
  for (const { name, verifier, hasOtherSettings } of found) {
    if (!isOf(logins, name, verifier))
      statements.push(`alter role ${name} password '${verifierOf(logins, name)}'`)
    if (hasOtherSettings) statements.push(...(await settingsSql(client, name)))
  }
  if (statements.length > 0) await client.query(`begin; ${statements.join('; ')}; commit`)
}

async function settingsSql(client: Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ database: string }>(
    `select d.datname as database from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
      where s.setrole = (select oid from pg_authid where rolname = $1)`,
    [role],
  )
  return [
    `alter role ${role} reset all`,
    ...rows.map(({ database }) => `alter role ${role} in database ${escapeIdentifier(database)} reset all`),
    ...(role === READER ? [`alter role ${role} set ${READER_SETTING} = on`] : []),
  ]
}

/** Whether a verifier is of the password that is derived. Its work is ours to bound: its session chose the iterations. */
function isOf(logins: ServerLogins, role: string, verifier: string | null): boolean {
  const parsed = verifier === null ? null : parseVerifier(verifier)
  if (parsed?.iterations !== ITERATIONS) return false
  const { iterations, salt } = parsed
  return makeScramVerifier(logins.password(role), { iterations, salt }) === verifier
}
