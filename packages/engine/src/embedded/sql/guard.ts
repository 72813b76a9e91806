/** The guard in every database of a server, the ones that new databases are copied from among them. */
import pg from 'pg'
import { GUARD_SQL, GUARD_TRIGGER } from '../cluster/bootstrap/guard.sql.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser, inDatabase } from './superuser.ts'

const { escapeIdentifier } = pg

interface DatabaseEntry {
  name: string
  isOpen: boolean
}

/** Whether every database of the server has the guard, asked in `template1`, which gets it last. */
export async function isGuarded(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_event_trigger where evtname = $1', [GUARD_TRIGGER])
  return rowCount === 1
}

/**
 * Gives the guard to all databases that lack it; `postgres` has its own. A database that cannot be guarded does not stop the
 * others. One that its owner has closed is opened meanwhile; one that a DROP DATABASE has left half is passed over.
 */
export async function guardDatabases(server: ServerAccess): Promise<void> {
  const { rows } = await asSuperuser(server, 'template1', (client) =>
    client.query<DatabaseEntry>(
      `select datname as name, datallowconn as "isOpen" from pg_database
       where datconnlimit <> -2 order by datname = 'template1'`,
    ),
  )
  const failures: unknown[] = []
  for (const database of rows) {
    if (database.name === 'template1' && failures.length > 0) break
    await guard(server, database).catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

async function guard(server: ServerAccess, { name, isOpen }: DatabaseEntry): Promise<void> {
  const setOpen = (isAllowed: boolean) =>
    asSuperuser(server, 'template1', (client) =>
      client.query(`alter database ${escapeIdentifier(name)} allow_connections ${isAllowed}`),
    )
  if (!isOpen) await setOpen(true)
  try {
    await inDatabase(server, name, async (client) => {
      if (!(await isGuarded(client))) await client.query(`begin; ${GUARD_SQL} commit`)
    })
  } finally {
    if (!isOpen) await setOpen(false)
  }
}
