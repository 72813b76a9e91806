/** Empties the databases of a copy that is to have the schema alone. */
import pg, { type Client } from 'pg'
import type { TableName } from '../../contract/copies.ts'
import { EngineError } from '../../errors.ts'
import { OWN_EXTENSIONS } from '../cluster/extensions/stubs.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { DISK_LIMIT_MS, inEachDatabase } from '../sql/superuser.ts'

const { escapeIdentifier } = pg

interface Relation {
  schema: string
  name: string
  kind: 'r' | 'S' | 'm'
}

interface Trigger {
  schema: string
  relation: string
  name: string
  /** `pg_trigger.tgenabled`. */
  enabled: keyof typeof ENABLED
}

const ENABLED = { O: '', R: 'replica', A: 'always' } as const

/**
 * Where tools record which migrations a database has: without these rows they would apply them again, to tables that are
 * there. They hold names, checksums and texts of definitions.
 */
const MIGRATION_RECORDS = [
  'db9_migrations.migrations',
  'supabase_migrations.schema_migrations',
  'drizzle.__drizzle_migrations',
  'atlas_schema_revisions.atlas_schema_revisions',
  ...[
    '_prisma_migrations',
    'knex_migrations',
    'knex_migrations_lock',
    'kysely_migration',
    'kysely_migration_lock',
  ],
  ...[
    'schema_migrations',
    'ar_internal_metadata',
    'flyway_schema_history',
    'alembic_version',
    'django_migrations',
  ],
  ...['databasechangelog', 'databasechangeloglock', 'goose_db_version', 'SequelizeMeta', 'pgmigrations'],
  ...['_sqlx_migrations', '__diesel_schema_migrations', '__EFMigrationsHistory', 'mikro_orm_migrations'],
].map((name) => (name.includes('.') ? name : `public.${name}`))

/** The tables that are named, their partitions and what inherits from them; the last column says which name it is of. */
const KEPT_SQL = `
  with recursive kept(oid, place) as (
    select c.oid, w.place
      from unnest($1::text[], $2::text[]) with ordinality as w (schema, name, place)
      join pg_namespace n on n.nspname = w.schema
      join pg_class c on c.relnamespace = n.oid and c.relname = w.name
     where c.relkind in ('r', 'p') and c.relpersistence <> 't'
    union
    select i.inhrelid, k.place from kept k join pg_inherits i on i.inhparent = k.oid)
  select oid::text, place::int from kept`

/** TRUNCATE … CASCADE would empty what refers to an emptied table, and rows that refer to none would be broken. */
const DANGLING_SQL = `
  select conrelid::regclass::text as kept, confrelid::regclass::text as emptied from pg_constraint
   where contype = 'f' and conrelid = any ($1::oid[]) and confrelid <> all ($1::oid[]) order by 1, 2 limit 1`

/**
 * Tables, sequences and materialized views of owners: ours are the superuser's. Of an extension's, those whose rows are its users': all
 * rows of a table that dumps hold (docs: "Extension Configuration Tables"), and of our own extensions, such as cron.job.
 */
const RELATIONS_SQL = `
  select n.nspname as schema, c.relname as name, c.relkind as kind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'S', 'm') and c.relpersistence <> 't' and c.relowner <> 10 and n.nspname !~ '^pg_'
     and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
           where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
             and d.refclassid = 'pg_extension'::regclass and e.extname <> all ($2::text[])
             and not exists (select from unnest(e.extconfig, e.extcondition) as u (oid, condition)
                   where u.oid = c.oid and u.condition = ''))
     and not (c.relkind = 'r' and c.oid = any ($1::oid[]))
     -- A sequence goes on with the rows that it numbers.
     and not (c.relkind = 'S' and exists (
           select from pg_depend d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
              and d.deptype in ('a', 'i') and d.refobjid = any ($1::oid[])))`

const RECORDS_SQL = `
  select c.oid::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r' and concat(n.nspname, '.', c.relname) = any ($1::text[])`

/** TRIGGER_TYPE_TRUNCATE is bit 5 of pg_trigger.tgtype. */
const TRUNCATE_TRIGGERS_SQL = `
  select n.nspname as schema, c.relname as relation, t.tgname as name, t.tgenabled as enabled
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where t.tgtype & 32 <> 0 and t.tgenabled <> 'D' and not t.tgisinternal and c.relowner <> 10`

/** Databases of a server have tables of one name each; a request means those of this one. */
const MAIN_DATABASE = 'postgres'

/** Statistics hold the most common values of columns. */
const STATISTICS = ['pg_statistic', 'pg_statistic_ext_data']
const LARGE_OBJECTS = ['pg_largeobject', 'pg_largeobject_metadata']

/**
 * Leaves the schema, the records of migrations and the rows of the named tables in every database of a staged copy. Throws `unsupported`
 * where a named table is not there, or refers to one that is emptied. Triggers are switched off while it does, ALWAYS ones included:
 * they would run as the superuser. Indexes and materialized views Postgres itself rebuilds as their owner.
 */
export function emptyDatabases(server: ServerAccess, keep: readonly TableName[]): Promise<void> {
  const empty = async (client: Client, database: string) =>
    emptyDatabase(client, database === MAIN_DATABASE ? keep : [])
  return inEachDatabase(server, empty, { limitMs: DISK_LIMIT_MS })
}

async function emptyDatabase(client: Client, keep: readonly TableName[]): Promise<void> {
  await client.query('begin')
  await truncateTables(client, [...(await findRecords(client)), ...(await findKept(client, keep))])
  await client.query('select lo_unlink(oid) from pg_largeobject_metadata')
  for (const catalog of STATISTICS) await client.query(`delete from ${catalog}`)
  await client.query('commit')
  // What was deleted is still in the files until they are written anew.
  await client.query(`vacuum full ${[...STATISTICS, ...LARGE_OBJECTS].join(', ')}`)
}

async function findRecords(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ oid: string }>(RECORDS_SQL, [MIGRATION_RECORDS])
  return rows.map(({ oid }) => oid)
}

async function findKept(client: Client, keep: readonly TableName[]): Promise<string[]> {
  if (keep.length === 0) return []
  const names = [keep.map(({ schema }) => schema), keep.map(({ name }) => name)]
  const { rows } = await client.query<{ oid: string; place: number }>(KEPT_SQL, names)
  const missing = keep.find((_, index) => !rows.some(({ place }) => place === index + 1))
  if (missing)
    throw new EngineError(
      'unsupported',
      `keep_data: there is no table ${named(missing.schema, missing.name)}`,
    )
  const oids = rows.map(({ oid }) => oid)
  const { rows: dangling } = await client.query<{ kept: string; emptied: string }>(DANGLING_SQL, [oids])
  const [first] = dangling
  if (!first) return oids
  const { kept, emptied } = first
  throw new EngineError('unsupported', `keep_data: ${kept} refers to ${emptied}, which has to be kept too`)
}

/** `kept`: oids of tables whose rows stay. */
async function truncateTables(client: Client, kept: readonly string[]): Promise<void> {
  const own = OWN_EXTENSIONS.map(({ name }) => name)
  const { rows: relations } = await client.query<Relation>(RELATIONS_SQL, [kept, own])
  const { rows: triggers } = await client.query<Trigger>(TRUNCATE_TRIGGERS_SQL)
  const tables = relations.filter(({ kind }) => kind === 'r')
  for (const { schema, relation, name } of triggers) {
    await client.query(
      `alter table only ${named(schema, relation)} disable trigger ${escapeIdentifier(name)}`,
    )
  }
  if (tables.length > 0) {
    const list = tables.map(({ schema, name }) => `only ${named(schema, name)}`).join(', ')
    // ONLY: a partition may be a foreign table. CASCADE adds the partitioned parents that refer to one of these.
    await client.query(`truncate ${list} restart identity cascade`)
  }
  for (const { schema, relation, name, enabled } of triggers) {
    await client.query(
      `alter table only ${named(schema, relation)} enable ${ENABLED[enabled]} trigger ${escapeIdentifier(name)}`,
    )
  }
  for (const { schema, name, kind } of relations) {
    if (kind === 'S') await client.query(`alter sequence ${named(schema, name)} restart`)
    if (kind === 'm') await client.query(`refresh materialized view ${named(schema, name)} with no data`)
  }
}

function named(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}
