/** The role of everything that may read and nothing else: it reads what `admin` reads (docs/decisions/0021). */

export const READER = 'db9_reader'

/**
 * A login of its own, since a role that another one can leave would not hold. Past row level security, as `admin` is. Not a member of
 * pg_read_all_data, which reads the verifiers in pg_authid, too.
 */
export const READER_LOGIN_SQL = `
create role ${READER} login bypassrls;
grant pg_read_all_settings, pg_read_all_stats to ${READER};
alter role ${READER} set default_transaction_read_only = on;
`

/** Schemas of secrets, which a dump for a read-only token leaves empty, too. */
const SECRET_SCHEMAS = ['vault']

const isSecret = (schema: string) => `${schema} in (${SECRET_SCHEMAS.map((name) => `'${name}'`).join(', ')})`

const KINDS = `'r', 'p', 'v', 'm', 'f', 'S'`

/**
 * What there is, and what comes: default privileges would have to be set for each role that makes objects, and no event tells
 * that a role was made. A grant that fails stops no owner's command.
 */
export const READER_GRANTS = `
create function db9.let_reader_read() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  made record;
begin
  for made in
    select c.oid::regclass as relation from pg_event_trigger_ddl_commands() d
      join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid and d.objsubid = 0
      join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in (${KINDS}) and c.relpersistence <> 't' and not ${isSecret('n.nspname')}
       and has_table_privilege('admin', c.oid, 'select')
  loop
    execute format('grant select on %s to ${READER}', made.relation);
  end loop;
  for made in
    select n.oid::regnamespace as schema from pg_event_trigger_ddl_commands() d
      join pg_namespace n on d.classid = 'pg_namespace'::regclass and n.oid = d.objid
     where not ${isSecret('n.nspname')} and has_schema_privilege('admin', n.oid, 'usage')
  loop
    execute format('grant usage on schema %s to ${READER}', made.schema);
  end loop;
exception when others then
  raise warning '${READER} may not read what was made: %', sqlerrm;
end $$;
revoke execute on function db9.let_reader_read() from public;

create event trigger db9_reader on ddl_command_end when tag in (
  'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE VIEW', 'CREATE MATERIALIZED VIEW', 'CREATE FOREIGN TABLE',
  'CREATE SEQUENCE', 'CREATE SCHEMA', 'IMPORT FOREIGN SCHEMA', 'CREATE EXTENSION', 'ALTER EXTENSION'
) execute function db9.let_reader_read();
alter event trigger db9_reader enable always;

do $do$
declare
  found record;
begin
  for found in
    select n.oid::regnamespace as schema from pg_namespace n
     where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not ${isSecret('n.nspname')}
       and has_schema_privilege('admin', n.oid, 'usage')
  loop
    execute format('grant usage on schema %s to ${READER}', found.schema);
  end loop;
  for found in
    select c.oid::regclass as relation from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in (${KINDS}) and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not ${isSecret('n.nspname')} and has_table_privilege('admin', c.oid, 'select')
  loop
    execute format('grant select on %s to ${READER}', found.relation);
  end loop;
end $do$;
`
