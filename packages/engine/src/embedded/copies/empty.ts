/** Empties the databases of a copy that is to have the schema alone. */
import pg, { type Client } from 'pg'
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

/** Tables, sequences and materialized views of owners: ours are the superuser's, and an extension's are its schema. */
const RELATIONS_SQL = `
  select n.nspname as schema, c.relname as name, c.relkind as kind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'S', 'm') and c.relpersistence <> 't' and c.relowner <> 10 and n.nspname !~ '^pg_'
     and not exists (select from pg_depend d
           where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     and not (c.relkind = 'r' and concat(n.nspname, '.', c.relname) = any ($1::text[]))
     -- A sequence goes on with the rows that it numbers.
     and not (c.relkind = 'S' and exists (
           select from pg_depend d join pg_class t on t.oid = d.refobjid join pg_namespace s on s.oid = t.relnamespace
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
              and d.deptype in ('a', 'i') and t.relkind = 'r' and concat(s.nspname, '.', t.relname) = any ($1::text[])))`

/** TRIGGER_TYPE_TRUNCATE is bit 5 of pg_trigger.tgtype. */
const TRUNCATE_TRIGGERS_SQL = `
  select n.nspname as schema, c.relname as relation, t.tgname as name, t.tgenabled as enabled
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where t.tgtype & 32 <> 0 and t.tgenabled <> 'D' and not t.tgisinternal and c.relowner <> 10`

/** Statistics hold the most common values of columns. */
const STATISTICS = ['pg_statistic', 'pg_statistic_ext_data']
const LARGE_OBJECTS = ['pg_largeobject', 'pg_largeobject_metadata']

/**
 * Leaves the schema and the records of migrations in every database of a staged copy. Triggers are switched off while it does, ALWAYS ones included:
 * they would run as the superuser. Indexes and materialized views Postgres itself rebuilds as their owner.
 */
export function emptyDatabases(server: ServerAccess): Promise<void> {
  return inEachDatabase(server, emptyDatabase, { limitMs: DISK_LIMIT_MS })
}

async function emptyDatabase(client: Client): Promise<void> {
  await client.query('begin')
  await truncateTables(client)
  await client.query('select lo_unlink(oid) from pg_largeobject_metadata')
  for (const catalog of STATISTICS) await client.query(`delete from ${catalog}`)
  await client.query('commit')
  // What was deleted is still in the files until they are written anew.
  await client.query(`vacuum full ${[...STATISTICS, ...LARGE_OBJECTS].join(', ')}`)
}

async function truncateTables(client: Client): Promise<void> {
  const { rows: relations } = await client.query<Relation>(RELATIONS_SQL, [MIGRATION_RECORDS])
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
