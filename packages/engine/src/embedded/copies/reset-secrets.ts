/** Takes from a staged copy what lets clients of its source in: passwords, subscriptions, old WAL. */
import pg from 'pg'
import type { ServerAccess } from '../process/running-server.ts'
import { SERVICE_ROLES } from '../sql/logins.ts'
import { asSuperuser, inEachDatabase } from '../sql/superuser.ts'

const { escapeIdentifier } = pg

/** Login roles that have a password, and so a way in that the source's users know. `admin` gets a new one. */
export async function listPasswords(server: ServerAccess): Promise<string[]> {
  const { rows } = await asSuperuser(server, 'template1', (client) =>
    client.query<{ name: string }>(
      `select rolname as name from pg_authid where rolpassword is not null and rolname <> 'admin' and rolname <> all($1) order by 1`,
      [SERVICE_ROLES],
    ),
  )
  return rows.map(({ name }) => name)
}

/** `adminVerifier` must be of a verifier's form. */
export async function replacePasswords(
  server: ServerAccess,
  adminVerifier: string,
  others: string[],
): Promise<void> {
  await asSuperuser(server, 'template1', async (client) => {
    await client.query('begin')
    await client.query(`alter role admin password '${adminVerifier}'`)
    for (const role of others) await client.query(`alter role ${escapeIdentifier(role)} password null`)
    await client.query('commit')
  })
}

/** A copy must not take from the publishers of its source. The source's slots were not copied. */
export function dropSubscriptions(server: ServerAccess): Promise<void> {
  return inEachDatabase(server, async (client, database) => {
    const { rows } = await client.query<{ name: string }>(
      'select subname as name from pg_subscription join pg_database d on d.oid = subdbid where d.datname = $1',
      [database],
    )
    for (const { name } of rows) {
      const subscription = escapeIdentifier(name)
      await client.query(`alter subscription ${subscription} disable`)
      // The publisher's slot is the source's.
      await client.query(`alter subscription ${subscription} set (slot_name = none)`)
      await client.query(`drop subscription ${subscription}`)
    }
  })
}

/** Lets us in everywhere: what the owner has closed, and what a DROP DATABASE that was cut short has left. */
export async function openAllDatabases(server: ServerAccess): Promise<void> {
  await asSuperuser(server, 'template1', async (client) => {
    const { rows } = await client.query<{ name: string; broken: boolean }>(
      `select datname as name, datconnlimit = -2 as broken from pg_database
       where datname not in ('template0', 'template1') and (datconnlimit = -2 or not datallowconn)`,
    )
    for (const { name, broken } of rows) {
      const database = escapeIdentifier(name)
      await client.query(
        broken ? `drop database ${database}` : `alter database ${database} allow_connections true`,
      )
    }
  })
}

/** What was written until now is not in the segment that stays. */
export async function endSegment(server: ServerAccess): Promise<void> {
  await asSuperuser(server, 'template1', (client) => client.query('select pg_switch_wal()'))
}
