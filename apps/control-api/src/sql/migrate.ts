/** Applies one migration in a session of the owner's. */
import pg from 'pg'
import type { Session } from './session.ts'
import { splitStatements } from './split-statements.ts'
import type { TextError, TextOutcome } from './text-query.ts'

export interface Migration {
  name: string
  sql: string
  checksum: string
  preview: string
  /** False: its statements run one by one, each in a transaction of its own. */
  inTransaction: boolean
}

export type MigrationOutcome =
  | { status: 'applied' }
  /** It was applied before. */
  | { status: 'exists'; checksum: string }
  /** Another session holds the lock of migrations. */
  | { status: 'busy' }
  /** The place of our table is taken by another role, which could run code with admin's rights there. */
  | { status: 'foreign' }
  | { status: 'copy'; direction: 'in' | 'out' }

/** Any constant of our own: migrations of one database wait for each other. */
const LOCK = 730_990_019
/** Else a statement that waits behind a long transaction holds up all that come after it. */
const LOCK_LIMIT = '5s'
/** How long a migration waits for those before it. */
const LOCK_WAIT = '10s'

/** Qualified: names mean what the owner's search_path says. Rights: those that admin's defaults grant are taken back. */
const TABLE_SQL = `
create schema if not exists db9_migrations;
create table db9_migrations.migrations (
  id pg_catalog.int8 generated always as identity primary key,
  name pg_catalog.text not null unique,
  checksum pg_catalog.text not null,
  state pg_catalog.text not null,
  sql_preview pg_catalog.text not null,
  applied_at pg_catalog.timestamptz not null
);
revoke all on table db9_migrations.migrations from public, anon, authenticated, service_role, postgres;
comment on schema db9_migrations is 'What POST /customer/databases/{id}/migrations has applied'`

/** The owner of each as far as it is there: admin, or another. */
export const OWNERS_SQL = `
select n.nspowner::pg_catalog.regrole::pg_catalog.text as schema_owner, c.relowner::pg_catalog.regrole::pg_catalog.text as table_owner,
       c.relkind::pg_catalog.text as kind
  from pg_catalog.pg_namespace n
  left join pg_catalog.pg_class c on c.relnamespace operator(pg_catalog.=) n.oid and c.relname operator(pg_catalog.=) 'migrations'
 where n.nspname operator(pg_catalog.=) 'db9_migrations'`

const BEGIN_SQL = `
insert into db9_migrations.migrations (name, checksum, state, sql_preview, applied_at)
values ($1, $2, 'applying', $3, pg_catalog.clock_timestamp())
on conflict (name) do update
   set checksum = excluded.checksum, state = 'applying', sql_preview = excluded.sql_preview, applied_at = excluded.applied_at
 where migrations.state operator(pg_catalog.<>) 'applied'`

const END_SQL = `
update db9_migrations.migrations set state = $2, applied_at = pg_catalog.clock_timestamp()
 where name operator(pg_catalog.=) $1 and state operator(pg_catalog.=) 'applying'`

const KNOWN_SQL = 'select checksum from db9_migrations.migrations where name operator(pg_catalog.=) $1'

/** Any role may take an advisory lock, so the wait for it is bounded. False where another session keeps it. */
async function takeLock(client: pg.Client): Promise<boolean> {
  await client.query(`SET lock_timeout = '${LOCK_WAIT}'`)
  try {
    await client.query(`select pg_catalog.pg_advisory_lock(${LOCK})`)
    return true
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === SQLSTATE_LOCK_TIMEOUT) return false
    throw error
  }
}

/** `lock_not_available`. */
const SQLSTATE_LOCK_TIMEOUT = '55P03'

/**
 * One transaction: the row, then the text, then the row's state. A text that ends the transaction by itself, or that runs
 * without one, leaves the row behind where it fails, as failed: it may be applied again.
 */
export async function migrate(session: Session, migration: Migration): Promise<MigrationOutcome> {
  const { client } = session
  const { name, checksum, preview, inTransaction } = migration
  if (!(await takeLock(client))) return { status: 'busy' }
  const { rows: found } = await client.query<Owners>(OWNERS_SQL)
  if (!isOurs(found[0])) return { status: 'foreign' }

  await client.query('BEGIN READ WRITE')
  if (!found[0]?.table_owner) await client.query(TABLE_SQL)
  const { rowCount } = await client.query(BEGIN_SQL, [name, checksum, preview])
  if (rowCount === 0) {
    const { rows } = await client.query<{ checksum: string }>(KNOWN_SQL, [name])
    return { status: 'exists', checksum: rows[0]?.checksum ?? '' }
  }
  if (!inTransaction) await client.query('COMMIT')
  // Within the transaction it ends with it; the text may set its own.
  await client.query(`SET ${inTransaction ? 'LOCAL ' : ''}lock_timeout = '${LOCK_LIMIT}'`)
  try {
    const copy = inTransaction
      ? (await session.submit({ text: migration.sql, params: null })).copy
      : await runOneByOne(session, migration.sql)
    if (copy) {
      await fail(client, name)
      return { status: 'copy', direction: copy }
    }
    await client.query('RESET ROLE')
    await client.query(END_SQL, [name, 'applied'])
    await client.query('COMMIT')
    return { status: 'applied' }
  } catch (error) {
    await fail(client, name)
    throw error
  }
}

interface Owners {
  schema_owner: string
  table_owner: string | null
  kind: string | null
}

function isOurs(owners: Owners | undefined): boolean {
  if (!owners) return true
  const { schema_owner, table_owner, kind } = owners
  return schema_owner === 'admin' && (table_owner === null || (table_owner === 'admin' && kind === 'r'))
}

async function runOneByOne({ submit }: Session, sql: string): Promise<TextOutcome['copy']> {
  for (const [completed, { text, offset }] of splitStatements(sql).entries()) {
    const { copy } = await submit({ text, params: null }).catch((error: unknown) => {
      throw shifted(error, { sql, offset, completed })
    })
    if (copy) return copy
  }
  return null
}

/** Tells the place in the whole text: the position in characters, and what was done before. */
function shifted(
  error: unknown,
  { sql, offset, completed }: { sql: string; offset: number; completed: number },
): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  if (error.position !== undefined)
    error.position = String(Number(error.position) + [...sql.slice(0, offset)].length)
  return Object.assign<TextError, Pick<TextError, 'completed'>>(error, { completed })
}

/** Takes back what can be; the row stays where the text had ended the transaction. The session may have ended, or the table with it. */
async function fail(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query('ROLLBACK')
    await client.query('RESET ROLE')
    await client.query(END_SQL, [name, 'failed'])
  } catch {}
}
