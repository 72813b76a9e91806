/** Brings what is ours inside a database to this release's version. */
import pg, { type Client } from 'pg'
import type { ServerLogins } from '../../sql/logins.ts'
import { FOUND_LOGINS_SQL, type FoundLogin, restoreFound } from '../../sql/restore-logins.ts'
import { UUID_UID_SQL } from './identity.sql.ts'
import { SUPERUSER } from './roles.sql.ts'
import { FOLD_DDL_SQL, SCHEMA_VERSIONS, type SchemaVersion, VERSION_TABLE_SQL } from './schemas.sql.ts'

/** Held while our schemas change; any constant of our own will do. */
const LOCK = 730_990_018

/**
 * Brings `auth`, `extensions` and `db9` of a database to this release's version, in one transaction under a lock.
 * A database of a later release is left as it is. Each version is applied by `apply`.
 */
async function bringUpToDate(
  client: Client,
  apply: (client: Client, version: SchemaVersion) => Promise<void>,
): Promise<void> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1)', [LOCK])
  const { rows: found } = await client.query("select to_regclass('db9.schema_version') as name")
  if (found[0]?.name === null) await client.query(VERSION_TABLE_SQL)
  for (const version of await readMissing(client)) await apply(client, version)
  await client.query('commit')
}

async function applyVersion(client: Client, { version, sql }: SchemaVersion): Promise<void> {
  await client.query(sql)
  await client.query('insert into db9.schema_version (version) values ($1)', [version])
}

/** No owner may shut the database by what they made of their own objects: what is optional may fail. */
async function applyWherePossible(client: Client, version: SchemaVersion): Promise<void> {
  if (!version.isOptional) return applyVersion(client, version)
  await client.query('savepoint before_version')
  try {
    await applyVersion(client, version)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    // It is tried again at the next start.
    await client.query('rollback to before_version')
  }
}

/** Our schemas in the template, which holds nothing of an owner. */
export async function bootstrapSchemas(client: Client): Promise<void> {
  await bringUpToDate(client, applyVersion)
  await client.query(UUID_UID_SQL)
}

async function readMissing(client: Client): Promise<SchemaVersion[]> {
  const { rows } = await client.query<{ version: number }>('select version from db9.schema_version')
  const applied = new Set(rows.map(({ version }) => version))
  return SCHEMA_VERSIONS.filter(({ version }) => !applied.has(version))
}

/**
 * What every start does: the service's own logins, our schemas, then the fold of the catalog's version. The latter two only
 * where schema `db9` is ours: the owner can put a database of their own in the place of `postgres` by renaming, whose views and
 * triggers in a `db9` of theirs would run with this session's rights. No owner can make a schema the superuser's, so its owner
 * tells the two apart.
 * A caller waits for this, so what is in order is found so in few round trips.
 */
export async function prepareDatabase(client: Client, logins: ServerLogins): Promise<void> {
  const { rows } = await client.query<Look>(LOOK_SQL, [SUPERUSER])
  await restoreFound(client, logins, rows[0]?.logins ?? [])
  // A limit of no connections shuts out the owner, who then cannot lift it; any other is theirs to set.
  if (rows[0]?.isShut) await client.query('alter database postgres connection limit -1')
  if (!rows[0]?.isOurs) return
  if ((await readMissing(client)).length > 0) await bringUpToDate(client, applyWherePossible)
  // What the owner has made may take it longer than a start may; it is tried again at the next.
  if (rows[0].hasTextUid) await client.query(UUID_UID_SQL).catch(() => {})
  await client.query(FOLD_DDL_SQL)
}

interface Look {
  isShut: boolean
  isOurs: boolean
  /** Objects were written for the type that `auth.uid()` had in earlier releases. */
  hasTextUid: boolean
  logins: FoundLogin[]
}

const LOOK_SQL = `
  select (select datconnlimit = 0 from pg_database where datname = current_database()) as "isShut",
         exists (select from pg_namespace n join pg_roles r on r.oid = n.nspowner
                  where n.nspname = 'db9' and r.rolname = $1) as "isOurs",
         coalesce((select p.prorettype = 'text'::regtype from pg_proc p
                    where p.oid = to_regprocedure('auth.uid()')), false) as "hasTextUid",
         ${FOUND_LOGINS_SQL} as logins`
