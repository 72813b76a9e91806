/** What the error of CREATE EXTENSION says to do where an extension is not there. */

const NO_NETWORK = 'Databases of db9 have no network: call other servers from your own.'
const WHOLE_POSTGRES =
  'It takes a PostgreSQL 18 that has it: ask who runs this db9 to install one and to name it in DB9_PG_FOLDER.'

const HINTS: Readonly<Record<string, string>> = {
  vector:
    'Ask who runs this db9 to add pgvector: DB9_EXTENSIONS names a folder with it (docs/operations.md, "Extensions").',
  dblink: NO_NETWORK,
  postgres_fdw: NO_NETWORK,
  file_fdw: 'A database of db9 reads no files of its machine.',
  postgis: WHOLE_POSTGRES,
  timescaledb: WHOLE_POSTGRES,
}
const OTHERS = 'GET /customer/extensions, and pg_available_extensions here, list those that there are.'

const cases = Object.entries(HINTS).map(([name, hint]) => `when '${name}' then '${hint}'`)

/**
 * Before the command, so that the hint can stand in place of Postgres'. An event trigger is not told the name: it is read from
 * the statement, and where that names several extensions or none, Postgres' own error comes.
 */
export const EXTENSION_HINTS = `
create function db9.hint_extension() returns event_trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  names text[] := array(
    select coalesce(m[1], lower(m[2]))
    from regexp_matches(current_query(), '\\mcreate\\s+extension\\s+(?:if\\s+not\\s+exists\\s+)?(?:"([^"]+)"|([a-z_][a-z0-9_$]*))', 'gi') m
  );
begin
  if cardinality(names) <> 1 or exists (select from pg_available_extensions e where e.name = names[1]) then return; end if;
  raise exception using errcode = '0A000',
    message = format('extension "%s" is not available', names[1]),
    hint = case names[1] ${cases.join(' ')} else '${OTHERS}' end;
end $$;
revoke execute on function db9.hint_extension() from public;

create event trigger db9_extension_hint on ddl_command_start when tag in ('CREATE EXTENSION')
  execute function db9.hint_extension();
`
