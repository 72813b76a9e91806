/** Prepares a server before its clients get in, at every start but the first. */
import { SQLSTATE } from '@db9/postgres/sqlstate'
import type { Client } from 'pg'
import { prepareDatabase } from '../cluster/bootstrap/apply.ts'
import { READER, READER_LOGIN_SQL } from '../cluster/bootstrap/reader.sql.ts'
import { ADMIN_LOGIN_SQL, SERVICE_LOGIN_SQL } from '../cluster/bootstrap/roles.sql.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { guardDatabases, isGuarded } from './guard.ts'
import { type ServerLogins, verifierOf } from './logins.ts'
import { restoreLogins } from './restore-logins.ts'
import { asSuperuser, sqlStateOf } from './superuser.ts'

/**
 * Our roles, guards and schemas brought up to date, for which a caller waits; in one session where the roles and guards are known
 * to be this release's. Returns whether they are.
 */
export async function prepare(server: ServerAccess, hasRoles: boolean): Promise<boolean> {
  // First, since our schemas name them.
  const hasGuards = hasRoles || (await prepareRoles(server))
  await preparePostgres(server)
  if (hasGuards) return true
  // A database that cannot be guarded does not close the others; it is tried again at the next start.
  return guardDatabases(server).then(
    () => true,
    () => false,
  )
}

/** Whether every database has the guard. */
function prepareRoles(server: ServerAccess): Promise<boolean> {
  return asSuperuser(server, 'template1', async (client) => {
    await addLogins(client, server.logins)
    return isGuarded(client)
  })
}

/**
 * The owner can close, rename or drop `postgres` from another database: closed it is opened again; gone it stays, so that
 * the owner can still reach the others and put it right.
 */
async function preparePostgres(server: ServerAccess): Promise<void> {
  const attempt = () => asSuperuser(server, 'postgres', (client) => prepareDatabase(client, server.logins))
  try {
    await attempt()
  } catch (error) {
    const sqlState = sqlStateOf(error)
    if (sqlState === SQLSTATE.unknownDatabase)
      return asSuperuser(server, 'template1', (client) => restoreLogins(client, server.logins))
    if (sqlState !== SQLSTATE.wrongState) throw error
    await asSuperuser(server, 'template1', (client) =>
      client.query('alter database postgres with allow_connections true'),
    )
    await attempt()
  }
}

/** Those that databases of earlier releases lack. */
const ADDED_LOGINS = {
  db9_admin: ADMIN_LOGIN_SQL,
  db9_service: SERVICE_LOGIN_SQL,
  [READER]: READER_LOGIN_SQL,
} as const

async function addLogins(client: Client, logins: ServerLogins): Promise<void> {
  const { rows } = await client.query<{ oid: number; name: string; isOwners: boolean }>(
    `select oid, rolname as name, exists (select from pg_auth_members where roleid = r.oid) as "isOwners"
       from pg_roles r where rolname = any($1)`,
    [Object.keys(ADDED_LOGINS)],
  )
  // Who makes a role is a member of it, and none but the superuser can take that away; ours have no members.
  for (const { name, oid } of rows.filter(({ isOwners }) => isOwners))
    await client.query(`alter role ${name} rename to ${name}_${oid}`)
  const known = new Set(rows.filter(({ isOwners }) => !isOwners).map(({ name }) => name))
  for (const [name, sql] of Object.entries(ADDED_LOGINS)) {
    if (known.has(name)) continue
    await client.query(`begin; ${sql} alter role ${name} password '${verifierOf(logins, name)}'; commit`)
  }
}
