import type { Client } from 'pg'
import { SUPERUSER } from './roles.sql.ts'
import { FOLD_DDL_SQL, SCHEMA_VERSIONS, VERSION_TABLE_SQL } from './schemas.sql.ts'

/** Held while our schemas change; any constant of our own will do. */
const LOCK = 730_990_018

/**
 * Brings `auth`, `extensions` and `db9` of a database to this release's version, in one transaction under a lock.
 * A database of a later release is left as it is.
 */
export async function bringUpToDate(client: Client): Promise<void> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1)', [LOCK])
  const { rows: found } = await client.query("select to_regclass('db9.schema_version') as name")
  if (found[0]?.name === null) await client.query(VERSION_TABLE_SQL)
  const { rows } = await client.query<{ version: number }>(
    'select coalesce(max(version), 0)::int as version from db9.schema_version',
  )
  const current = rows[0]?.version ?? 0
  for (const { version, sql } of SCHEMA_VERSIONS.filter((candidate) => candidate.version > current)) {
    await client.query(sql)
    await client.query('insert into db9.schema_version (version) values ($1)', [version])
  }
  await client.query('commit')
}

/**
 * What every start does: our schemas, then the fold of the catalog's version. Only where schema `db9` is ours: the owner
 * can put a database of their own in the place of `postgres` by renaming, whose views and triggers in a `db9` of theirs
 * would run with this session's rights. No tenant can make a schema the superuser's, so its owner tells the two apart.
 */
export async function prepareDatabase(client: Client): Promise<void> {
  await letIn(client)
  if (!(await isOurs(client))) return
  await bringUpToDate(client)
  await client.query(FOLD_DDL_SQL)
}

async function isOurs(client: Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_namespace n join pg_roles r on r.oid = n.nspowner where n.nspname = 'db9' and r.rolname = $1`,
    [SUPERUSER],
  )
  return rowCount === 1
}

/** A limit of no connections shuts out the owner, who then cannot lift it; any other is theirs to set. */
async function letIn(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    'select from pg_database where datname = current_database() and datconnlimit = 0',
  )
  if (rowCount === 1) await client.query('alter database postgres connection limit -1')
}
